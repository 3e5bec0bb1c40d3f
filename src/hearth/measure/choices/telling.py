"""The control that tries the model: it is told an answer, and asked for it in the same breath.

No knowledge is needed, only that what is read are the probabilities of this model's reply to this
prompt. Small models lean to one word whatever they are told; so it is not asked which answer wins,
but whether each gains by being told. Of two answers p and q it does where

    s(p | told p) - s(q | told p)  >  s(p | told q) - s(q | told q)

with s being log-probabilities: whatever the model likes better cancels, and chance is one in two.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from itertools import combinations

from hearth.measure.choices.weighing import Ask, Speaker, weigh
from hearth.measure.controls import Control, Tally, planted
from hearth.measure.evidence import Progress

LEAST = 0.9
NUM_THINGS = 4  # of each way to tell
WAYS = (
    "Note {number} says: {answer}\n\nWhat does note {number} say? Answer with one word.",
    "Task {number}: say this and nothing else.\n\n{answer}",
    "The right answer to the question below is: {answer}\n\n{question}",
)


def told(
    speaker: Speaker,
    question: Callable[[int], Ask],
    names: Sequence[str],
    *,
    progress: Progress,
    cancelled: threading.Event | None = None,
) -> Control:
    """Tell a model answers that it cannot know, and see whether each gains by it.

    Args:
        speaker: What is asked.
        question: Returns a question that nobody can answer, by a number.
        names: What each answer is told as.
        progress: Told the prompts that are done.
        cancelled: Set to stop.

    Raises:
        RequestAborted: `cancelled` was set.
    """
    asks = [
        _told_ask(way, number, name, question(number))
        for way in WAYS
        for number in range(1, NUM_THINGS + 1)
        for name in names
    ]
    found = weigh(speaker, asks, progress=progress, doing="Testing itself", cancelled=cancelled)
    rounds = [found[begin : begin + len(names)] for begin in range(0, len(found), len(names))]
    gains = [
        _gains(scores, first, second)
        for scores in rounds
        for first, second in combinations(range(len(names)), 2)
    ]
    tally = Tally(
        right=sum(gain > 0 for gain in gains),
        total=len(gains),
        unread=sum(map(math.isnan, gains)),
    )
    return planted("answers told in the prompt", tally, least=LEAST)


def num_told(num_answers: int) -> int:
    """Return how many prompts telling takes."""
    return len(WAYS) * NUM_THINGS * num_answers


def _told_ask(way: str, number: int, name: str, question: Ask) -> Ask:
    text = way.format(number=number, answer=name, question=question.messages[-1].content)
    return Ask.of(text, question.answers)


def _gains(scores: Sequence[Sequence[float]], first: int, second: int) -> float:
    """Return by how much two answers gain by being told, in nats."""
    told_first, told_second = scores[first], scores[second]
    return (told_first[first] - told_first[second]) - (told_second[first] - told_second[second])
