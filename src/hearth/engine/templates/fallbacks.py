"""Which chat template to use for a model that carries none, and why.

The vocabulary is the best witness: a model that was trained on a format with control tokens has
them. Without any, the architecture gives a guess; and what is left gets plain words, which every
model has read. The choice is always told.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from pathlib import Path

import msgspec

TABLE = Path(__file__).with_name("fallbacks.toml")


class FallbackTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table.

    Args:
        name: What the format is called.
        spellings: Control tokens that a vocabulary trained on it has.
        architectures: Architectures that were mostly trained on it (GGUF's names).
        source: The Jinja2 template.
        stop: Strings that end an answer where no control token does.
    """

    name: str
    spellings: tuple[str, ...]
    architectures: tuple[str, ...]
    source: str
    stop: tuple[str, ...] = ()


def load_fallbacks() -> tuple[FallbackTemplate, ...]:
    """Return the table in the order in which its rows are tried."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["template"]
    return tuple(msgspec.convert(row, FallbackTemplate) for row in rows)


def choose_fallback(
    architecture: str, special_spellings: Collection[str]
) -> tuple[FallbackTemplate, str]:
    """Choose a template by what the vocabulary has, else by architecture.

    Args:
        architecture: GGUF's `general.architecture`.
        special_spellings: Spellings of the vocabulary's control tokens.

    Returns:
        The template, and the reason as a clause ("its vocabulary has ...").
    """
    rows = load_fallbacks()
    for row in rows:
        if row.spellings and set(row.spellings) <= set(special_spellings):
            return row, f"its vocabulary has {', '.join(row.spellings)}"
    for row in rows:
        if architecture in row.architectures:
            return row, f"that is what most {architecture} models were trained on"
    return rows[-1], "nothing in the file tells the format that it was trained on"
