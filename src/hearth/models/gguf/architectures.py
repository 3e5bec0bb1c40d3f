"""What the engine knows of an architecture beyond a file's header (`architectures.toml`)."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidingRule:
    """Which layers see only a window: all but every n-th (`every` 0: the header says)."""

    every: int
    first: bool = False
    window: int | None = None
    layers: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Architectures:
    """The table, by architecture name."""

    engine: str
    max_layers: int
    max_experts: int
    known: frozenset[str]
    cannot_chat: dict[str, str]
    sliding_window: dict[str, SlidingRule]
    recurrent: dict[str, str | int]
    not_rotary: frozenset[str]
    first_shared_layer: dict[str, int]
    partial_formula: dict[str, bool]


@functools.cache
def architectures() -> Architectures:
    """Return the table for the engine that Hearth is built on."""
    text = resources.files("hearth.models.gguf").joinpath("architectures.toml").read_text("utf-8")
    table = tomllib.loads(text)
    table["known"] = frozenset(table["known"])
    table["not_rotary"] = frozenset(table["not_rotary"])
    table["sliding_window"] = {
        name: SlidingRule(**rule) for name, rule in table["sliding_window"].items()
    }
    return Architectures(**table)
