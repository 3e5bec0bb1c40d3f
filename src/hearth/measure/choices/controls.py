"""What the evaluator of multiple choice must show before it may print a score.

As in `hearth.measure.truth.controls`: speakers that know the key, its contrary, or nothing, try the
evaluator; and the model must repeat an answer that it was told in the same conversation.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from hearth.core import Message, Role
from hearth.measure.choices.asking import By, Chosen, asks_of, choose_all, letter_of
from hearth.measure.choices.items import Choice
from hearth.measure.choices.planted import PlantedSpeaker
from hearth.measure.choices.weighing import Ask, Speaker, weigh
from hearth.measure.controls import Controls, Tally, opposite, passed, planted, shuffled
from hearth.measure.evidence import Progress

LEAST_TOLD = 0.9
NUM_THINGS = 10
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
        planted(
            "answers told in the prompt", _told(speaker, by, progress, cancelled), least=LEAST_TOLD
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


def _told(speaker: Speaker, by: By, progress: Progress, cancelled: threading.Event | None) -> Tally:
    """Tell answers to questions that nobody can know, and ask for them again."""
    told = [(number, place) for number in range(NUM_THINGS) for place in range(len(COLOURS))]
    asks = [_told_ask(number, place, by) for number, place in told]
    found = weigh(speaker, asks, progress=progress, doing="Testing itself", cancelled=cancelled)
    return Tally(
        right=sum(
            scores.index(max(scores)) == place
            for scores, (_, place) in zip(found, told, strict=True)
        ),
        total=len(asks),
        unread=sum(any(each != each for each in scores) for scores in found),
    )


def _told_ask(number: int, place: int, by: By) -> Ask:
    item = Choice(
        question=f"Which colour has the stone in box {number + 1} of my cellar?",
        answers=COLOURS,
        right=(place,),
    )
    ask = asks_of(item, by)[0]
    reply = item.answers[place] if by == "text" else letter_of(item, place, 0)
    answer = Message(role=Role.ASSISTANT, content=reply)
    return Ask(messages=(*ask.messages, answer, *ask.messages), answers=ask.answers)
