"""Which engine of Hearth runs a model, and what to do with those that none runs.

The advice is data (`other_ways.toml`), so that a new format is a new row.
"""

from __future__ import annotations

import functools
import re
import shlex
import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from hearth.models.card import Lineage, OtherWay

LLAMA_CPP = "llama.cpp"

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")


def other_way(
    row: str, *, folder: str = "", name: str = "", family: str = "", lineage: Lineage | None = None
) -> OtherWay:
    """Return what to do with a model that does not run here.

    Args:
        row: Which advice: a format, or a kind of model.
        folder: Where the model lies, for commands to type.
        name: What it is called.
        family: Its architecture, or what it is.
        lineage: Says which model it belongs to or was made from.
    """
    base = _base(lineage or Lineage())
    words = {
        "folder": shlex.quote(folder),
        "name": _NOT_IN_NAMES.sub("-", name),
        "family": family,
        "base": f" ({base})" if base else "",
    }
    filled = {key: text.format_map(words) for key, text in _other_ways()[row].items()}
    return OtherWay(**filled)


def packed_way(method: str) -> str:
    """Return the row for a way of packing weights; one for all that have none of their own."""
    return method if method in _other_ways() else "packed"


def _base(lineage: Lineage) -> str | None:
    return lineage.adapter_of or next(iter(lineage.base_models), None)


@functools.cache
def _other_ways() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("hearth.models.formats").joinpath("other_ways.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))
