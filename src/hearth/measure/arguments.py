"""What a measurement is asked for, read strictly from plain data: a job's arguments, a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from hearth.errors import InvalidRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelArguments:
    """Of a measurement that takes nothing but a model.

    Args:
        model: A name of the library, a reference or a path.
    """

    model: str


def read_arguments(data: Mapping[str, Any], kind: type[T]) -> T:
    """Return plain data as the dataclass that it stands for; what is missing is as by default.

    Args:
        data: Fields by name; other dataclasses within it as mappings, paths as text.
        kind: The dataclass.

    Raises:
        InvalidRequest: A field is missing, unknown, of the wrong type, or out of its range.
    """
    _check_names(data, kind)
    try:
        return msgspec.convert(data, kind, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"These arguments make no measurement: {error}.") from error


def _check_names(data: Mapping[str, Any], kind: Any) -> None:
    """Refuse names that a dataclass, or one within it, does not have."""
    known = {field.name for field in fields(kind)}
    for name in data:
        if name not in known:
            raise InvalidRequest(
                f"This measurement takes no {name!r}.",
                hint=f"It takes {', '.join(sorted(known))}.",
                param=name,
            )
    hints = get_type_hints(kind)
    for name, value in data.items():
        if isinstance(value, Mapping) and is_dataclass(hints[name]):
            _check_names(value, hints[name])


def _read_path(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError
