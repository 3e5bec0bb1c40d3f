"""Checks of answers that programs read: JSON, rows of values, numbers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from hearth.measure.checks.kinds import Kind, counting, switch, wording

_FENCE = re.compile(r"\A\s*```[a-zA-Z]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}


def kinds() -> dict[str, Kind]:
    """Return the kinds of this module by name."""
    return {
        "json": switch(lambda answer: _parse(answer) is not _NOT_JSON),
        "json_keys": wording(_has_keys),
        "json_types": Kind(_has_types, _are_types, f"keys with one of {', '.join(_TYPES)}"),
        "json_items": counting(_has_items),
        "columns": counting(_has_columns),
        "number": Kind(_is_number, _is_figure, "a number"),
    }


_NOT_JSON = object()


def _parse(answer: str) -> Any:
    fenced = _FENCE.match(answer)
    try:
        return json.loads(fenced[1] if fenced else answer)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _has_keys(answer: str, keys: list[str]) -> bool:
    """Exactly these keys: one too many breaks a program as one too few does."""
    value = _parse(answer)
    return isinstance(value, dict) and set(value) == set(keys)


def _has_types(answer: str, types: Mapping[str, str]) -> bool:
    value = _parse(answer)
    return isinstance(value, dict) and all(
        key in value and _is_of(value[key], name) for key, name in types.items()
    )


def _is_of(value: object, name: str) -> bool:
    # To Python a bool is an int; to JSON it is not.
    return isinstance(value, _TYPES[name]) and (name == "boolean") == isinstance(value, bool)


def _has_items(answer: str, count: int) -> bool:
    value = _parse(answer)
    return isinstance(value, list) and len(value) == count


def _has_columns(answer: str, count: int) -> bool:
    rows = [line for line in answer.strip().splitlines() if line.strip()]
    return len(rows) > 1 and all(len(row.split(",")) == count for row in rows)


def _is_number(answer: str, value: float) -> bool:
    """Only this number stands in the answer, in digits."""
    found = [float(text.replace(",", "")) for text in _NUMBER.findall(answer)]
    return len(found) == 1 and math.isclose(found[0], value, rel_tol=1e-9)


def _are_types(value: object) -> bool:
    return (
        isinstance(value, dict) and bool(value) and all(name in _TYPES for name in value.values())
    )


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
