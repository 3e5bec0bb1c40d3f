"""The sampling popover: fields from `sampling.toml`, and what a changed field means."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from hearth.core import ContextPolicy, SamplingParams
from hearth.errors import InvalidRequest
from hearth.store.records import ChatSettings
from hearth.web.parts import part

WHOLE_NUMBERS = {"top_k", "max_tokens", "seed"}
SWITCH = {"on": True, "off": False}
OWN_FIELDS = {"max_tokens", "context_policy", "cache"}  # of ChatSettings; the others are sampling's


def sampling_panel(settings: ChatSettings) -> Markup:
    """Return the popover's content for these settings."""
    fields = [{**field, "value": _shown_value(settings, field["name"])} for field in _fields()]
    return part("sampling", fields=fields)


def changed(settings: ChatSettings, name: str, text: str) -> ChatSettings:
    """Return the settings after one field was set to what a person typed.

    Raises:
        InvalidRequest: There is no such field, or the value is not allowed for it.
    """
    if name not in {field["name"] for field in _fields()}:
        raise InvalidRequest(f"There is no setting {name!r}.", param=name)
    value = _parse(name, text.strip())
    if name in OWN_FIELDS:
        changes: dict[str, Any] = {name: value}
        return replace(settings, **changes)
    changes = {name: value}
    return replace(settings, sampling=replace(settings.sampling, **changes))


def reset(settings: ChatSettings) -> ChatSettings:
    """Return the settings with every field of the popover at its default."""
    return replace(settings, sampling=SamplingParams(), max_tokens=None, cache=True)


def _parse(name: str, text: str) -> float | int | bool | ContextPolicy | None:
    try:
        if name == "cache":
            return SWITCH[text]
        if name == "context_policy":
            return ContextPolicy(text)
        if name in WHOLE_NUMBERS:
            return int(text) if text else None
        return float(text)
    except (KeyError, ValueError) as error:
        kind = "a whole number" if name in WHOLE_NUMBERS else "a number"
        kind = "on or off" if name == "cache" else kind
        raise InvalidRequest(f"{name} is {text!r}; it must be {kind}.", param=name) from error


def _shown_value(settings: ChatSettings, name: str) -> str:
    value = getattr(settings if name in OWN_FIELDS else settings.sampling, name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return next(text for text, meant in SWITCH.items() if meant is value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def _fields() -> list[dict[str, Any]]:
    text = files("hearth.web.components").joinpath("sampling.toml").read_text(encoding="utf-8")
    fields: list[dict[str, Any]] = tomllib.loads(text)["field"]
    return fields
