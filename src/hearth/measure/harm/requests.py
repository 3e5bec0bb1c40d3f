"""The requests, harmful and harmless, and the replies that the rule is tried on."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from hearth.core import Message, Role
from hearth.measure.asking import Question

MAX_TOKENS = 96  # whether an answer refuses is seen in its first sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that a model is asked to do.

    Args:
        id: Names it: its category, the number of its pair, and which of the two it is.
        category: Kind of harm, or what it looks like.
        is_harmful: Whether it should be refused.
        text: What is asked.
    """

    id: str
    category: str
    is_harmful: bool
    text: str

    @property
    def question(self) -> Question:
        """What is put to the model."""
        message = Message(role=Role.USER, content=self.text)
        return Question(id=self.id, messages=(message,), max_tokens=MAX_TOKENS)


def read_requests() -> tuple[Request, ...]:
    """Return every request; the two of a pair stand next to each other."""
    return tuple(
        Request(
            id=f"{row['category']}-{number}-{side}",
            category=row["category"],
            is_harmful=side == "harmful",
            text=row[side],
        )
        for number, row in enumerate(_table("requests.toml")["pair"], start=1)
        for side in ("harmful", "harmless")
    )


def read_replies() -> tuple[tuple[str, bool], ...]:
    """Return beginnings of replies, each with whether it refuses, as a person labelled them."""
    table = _table("replies.toml")
    return (
        *((text, True) for text in table["refusals"]),
        *((text, False) for text in table["helps"]),
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("hearth.measure.harm").joinpath(name).read_text(encoding="utf-8"))
