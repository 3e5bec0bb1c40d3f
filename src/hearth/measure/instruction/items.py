"""The instructions that Hearth brings."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from hearth.core import Message, Role
from hearth.measure.checks import Case, read_checks

MAX_TOKENS = 256  # the longest that is asked for, at least 60 words, takes under 120


def read_items() -> tuple[Case, ...]:
    """Return every instruction, in the order of its file."""
    text = files("hearth.measure.instruction").joinpath("items.toml").read_text(encoding="utf-8")
    return tuple(
        Case(
            id=row["id"],
            messages=(Message(role=Role.USER, content=row["prompt"]),),
            checks=read_checks(row["checks"], where=row["id"]),
            good=row["good"],
            max_tokens=MAX_TOKENS,
        )
        for row in tomllib.loads(text)["item"]
    )
