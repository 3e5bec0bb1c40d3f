"""What the evaluator of truth must show before it may print a score.

The evaluator itself is tried on speakers that were made to know the key: one that says what is so,
one that says the contrary, one whose answers belong to other questions. These try prompts, labels,
spellings and arithmetic, from end to end.

Then the model is tried: it must lean to an answer that it is told; see `choices/telling.py`. A
scorer that gives probabilities of something else, in another order or of nothing, fails that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from hearth.measure.choices.planted import PlantedSpeaker
from hearth.measure.choices.telling import told
from hearth.measure.choices.weighing import Ask, Speaker
from hearth.measure.controls import Controls, Tally, deal, opposite, passed, planted, shuffled
from hearth.measure.evidence import Progress
from hearth.measure.truth.asking import Answered, ask_all, asks_of
from hearth.measure.truth.items import Item

Answering = Callable[[Speaker, Sequence[Item]], Sequence[Answered]]


def tally(answered: Sequence[Answered]) -> Tally:
    """Return how many answers are right, and how many could not be read."""
    return Tally(
        right=sum(each.is_right for each in answered if each.is_read),
        total=len(answered),
        unread=sum(not each.is_read for each in answered),
    )


def try_evaluator(
    speaker: Speaker,
    items: Sequence[Item],
    *,
    seed: int = 0,
    answering: Answering = ask_all,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Controls:
    """Try the evaluator on answers that are known.

    Args:
        speaker: What will be evaluated.
        items: What it will be asked.
        seed: Deals answers to other questions.
        answering: The evaluator: what asks, and makes something of the answers.
        progress: Told what goes on.
        cancelled: Set to stop.

    Raises:
        ControlFailed: It did not score what it had to, so that no score may be printed.
        RequestAborted: `cancelled` was set.
    """
    key = [item.is_true for item in items]

    def scored(answers: Sequence[bool]) -> Tally:
        return tally(answering(_knowing(items, answers), items))

    return passed(
        "truth",
        planted("answers from the key", scored(key)),
        opposite("the contrary of the key", scored([not answer for answer in key])),
        shuffled(
            "answers of other questions", scored(deal(key, seed=seed)), chance=_agreement(key)
        ),
        told(speaker, _unknowable, ("yes", "no"), progress=progress, cancelled=cancelled),
    )


def _knowing(items: Sequence[Item], answers: Sequence[bool]) -> PlantedSpeaker:
    """Return a speaker that gives these answers, and their contrary to negations."""
    return PlantedSpeaker(
        (ask, "yes" if answer != bool(number) else "no")
        for item, answer in zip(items, answers, strict=True)
        for number, ask in enumerate(asks_of(item))
    )


def _unknowable(number: int) -> Ask:
    """Return a question that nobody can answer."""
    item = Item(text=f"Box {number} in my cellar holds a blue stone.", is_true=True)
    return asks_of(item)[0]


def _agreement(key: Sequence[bool]) -> float:
    """Return how often two answers drawn from the key are the same."""
    return sum((count / len(key)) ** 2 for count in Counter(key).values())
