"""Contestants and votes made up for tests."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from hearth.core import Message, Role
from hearth.store.voted import Contestant, Outcome, Prompt, PromptSource, ShownAnswer, Vote

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
A, B, C, D = (Contestant(name=name, model=f"model-{name}") for name in "ABCD")


def prompt(text: str = "Why is the sky blue?") -> Prompt:
    message = Message(role=Role.USER, content=text)
    return Prompt(messages=(message,), source=PromptSource.TYPED)


def shown(text: str = "Because.") -> ShownAnswer:
    return ShownAnswer(text=text, num_tokens=len(text.split()), finish="stop")


def vote(
    left: Contestant,
    right: Contestant,
    outcome: Outcome,
    *,
    number: int = 0,
    repeats: int | None = None,
    texts: tuple[str, str] = ("Because.", "Scattering."),
    asked: str = "Why is the sky blue?",
) -> Vote:
    """Return a vote; with a number it has that id."""
    return Vote(
        id=number,
        pair_id=uuid.uuid4().hex,
        voted_at=BEGIN + timedelta(minutes=number),
        left=left.key,
        right=right.key,
        outcome=outcome,
        prompt=prompt(asked),
        left_answer=shown(texts[0]),
        right_answer=shown(texts[1]),
        seed=number,
        repeats=repeats,
        chosen="repeat" if repeats is not None else "top_two",
        engine="none",
    )


def votes(
    left: Contestant,
    right: Contestant,
    *,
    won: int = 0,
    lost: int = 0,
    tied: int = 0,
    bad: int = 0,
    start: int = 1,
) -> list[Vote]:
    """Return votes on two contestants, who change sides each time; `won` is the first's."""
    outcomes: Iterator[str] = itertools.chain("w" * won, "l" * lost, "t" * tied, "b" * bad)
    found = []
    for number, letter in enumerate(outcomes, start):
        on_left = number % 2 == 0
        first = Outcome.LEFT if on_left else Outcome.RIGHT
        second = Outcome.RIGHT if on_left else Outcome.LEFT
        outcome = {"w": first, "l": second, "t": Outcome.TIE, "b": Outcome.BOTH_BAD}[letter]
        sides = (left, right) if on_left else (right, left)
        found.append(vote(*sides, outcome, number=number))
    return found
