"""What the evaluator of multiple choice must show before it may print a score.

As in `hearth.measure.truth.controls`: speakers that know the key, its contrary, or nothing, try the
evaluator; and the model must lean to an answer that it is told.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from hearth.measure.choices.asking import By, Chosen, asks_of, choose_all, letter_of
from hearth.measure.choices.items import Choice
from hearth.measure.choices.planted import PlantedSpeaker
from hearth.measure.choices.reading import LETTERS
from hearth.measure.choices.telling import told
from hearth.measure.choices.weighing import Ask, Speaker
from hearth.measure.controls import Controls, Tally, opposite, passed, planted, shuffled
from hearth.measure.evidence import Progress

COLOURS = ("red", "green", "blue", "yellow")

Choosing = Callable[[Speaker, Sequence[Choice], By], Sequence[Chosen]]


def tally(chosen: Sequence[Chosen]) -> Tally:
    """Return how many answers are right, and how many could not be read."""
    return Tally(
        right=sum(each.is_right for each in chosen),
        total=len(chosen),
        unread=sum(not each.is_read for each in chosen),
    )


def try_evaluator(
    speaker: Speaker,
    items: Sequence[Choice],
    by: By,
    *,
    seed: int = 0,
    choosing: Choosing = choose_all,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Controls:
    """Try the evaluator on answers that are known.

    Args:
        speaker: What will be evaluated.
        items: What it will be asked.
        by: How the answers will be weighed.
        seed: Draws the answers of the control that must score chance.
        choosing: The evaluator: what asks, and makes something of the answers.
        progress: Told what goes on.
        cancelled: Set to stop.

    Raises:
        ControlFailed: It did not score what it had to, so that no score may be printed.
        RequestAborted: `cancelled` was set.
    """
    rng = random.Random(seed)
    drawn = [rng.randrange(len(item.answers)) for item in items]

    def scored(places: Sequence[int]) -> Tally:
        return tally(choosing(_knowing(items, places, by), items, by))

    return passed(
        "choices",
        planted("answers from the key", scored([item.right[0] for item in items])),
        opposite("wrong answers", scored([item.wrong[0] for item in items])),
        shuffled("answers drawn blindly", scored(drawn), chance=chance_of(items)),
        told(
            speaker,
            lambda number: _unknowable(number, by),
            COLOURS if by == "text" else LETTERS[: len(COLOURS)],
            progress=progress,
            cancelled=cancelled,
        ),
    )


def chance_of(items: Sequence[Choice]) -> float:
    """Return the part of questions that guessing has right."""
    return sum(item.chance for item in items) / len(items)


def _knowing(items: Sequence[Choice], places: Sequence[int], by: By) -> PlantedSpeaker:
    """Return a speaker that gives the answers at these places."""
    return PlantedSpeaker(
        (ask, item.answers[place] if by == "text" else letter_of(item, place, shift))
        for item, place in zip(items, places, strict=True)
        for shift, ask in enumerate(asks_of(item, by))
    )


def _unknowable(number: int, by: By) -> Ask:
    """Return a question that nobody can answer."""
    question = f"Which colour has the stone in box {number} of my cellar?"
    return asks_of(Choice(question=question, answers=COLOURS, right=(0,)), by)[0]
