"""How a multiple-choice question is put, and what is made of the answer.

By letter: the answers are listed under letters, and the letters are weighed. Each question is asked
once for each place that an answer can stand at, so that a liking for a letter cancels; an answer's
score is the mean of its log-probabilities over all places.

By text: the question is asked alone, and each whole answer is weighed as a reply. Its score is the
log-probability of the text; longer texts are less likely, so that the answer that is most likely
for each of its bytes is noted too.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from hearth.measure.choices.items import Choice
from hearth.measure.choices.reading import LETTERS
from hearth.measure.choices.weighing import Ask, Speaker, log_sum, weigh
from hearth.measure.evidence import Progress

By = Literal["letter", "text"]
BY: tuple[By, ...] = get_args(By)

BY_LETTER = "Answer the following question with the letter of the right answer.\n\n{text}\n\n{list}"
BY_TEXT = "{text}"
LEAST_MASS = 0.5  # of all letters together; with less the model says something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A question and what a model made of its answers.

    Args:
        scores: Of each answer, the mean log-probability in nats.
        best_per_byte: Place of the answer that is most likely for each of its bytes; None by
            letter.
        mass: Probability of all letters together; None by text.
        is_steady: Whether one answer was the most likely one at every place; None by text.
    """

    item: Choice
    scores: tuple[float, ...]
    best_per_byte: int | None = None
    mass: float | None = None
    is_steady: bool | None = None

    @property
    def is_read(self) -> bool:
        """False where the model gave no probabilities that can be read."""
        return all(map(math.isfinite, self.scores))

    @property
    def has_answered(self) -> bool:
        """Whether it named a letter at all."""
        return self.mass is None or self.mass >= LEAST_MASS

    @property
    def best(self) -> int | None:
        """Place of the answer that was chosen; None where there is none."""
        highest = max(self.scores)
        if not self.is_read or not self.has_answered or self.scores.count(highest) > 1:
            return None
        return self.scores.index(highest)

    @property
    def is_right(self) -> bool:
        """Whether the chosen answer is right."""
        return self.best in self.item.right

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Probability of each answer, made to add up to 1."""
        total = log_sum(self.scores)
        return tuple(math.exp(each - total) for each in self.scores)


def choose_all(
    speaker: Speaker,
    items: Sequence[Choice],
    by: By,
    *,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> tuple[Chosen, ...]:
    """Ask a model every question.

    Args:
        speaker: What is asked.
        items: The questions.
        by: How the answers are weighed.
        progress: Told the prompts that are done.
        cancelled: Set to stop.

    Raises:
        RequestAborted: `cancelled` was set.
        InvalidRequest: A question does not fit into the context.
    """
    asks = [ask for item in items for ask in asks_of(item, by)]
    found = iter(weigh(speaker, asks, progress=progress, doing="Asking", cancelled=cancelled))
    chosen = _by_letter if by == "letter" else _by_text
    return tuple(chosen(item, found) for item in items)


def asks_of(item: Choice, by: By) -> list[Ask]:
    """Return the forms in which a question is put: by letter, one for each place."""
    if by == "text":
        spellings = [(answer, f" {answer}") for answer in item.answers]
        return [Ask.of(BY_TEXT.format(text=item.question), spellings)]
    return [_lettered(item, shift) for shift in range(len(item.answers))]


def letter_of(item: Choice, place: int, shift: int) -> str:
    """Return the letter under which an answer stands when all were moved on by so many places."""
    return LETTERS[(place + shift) % len(item.answers)]


def _lettered(item: Choice, shift: int) -> Ask:
    count = len(item.answers)
    lines = [f"{LETTERS[n]}. {item.answers[(n - shift) % count]}" for n in range(count)]
    spellings = [(letter, f" {letter}", f"({letter}") for letter in LETTERS[:count]]
    return Ask.of(BY_LETTER.format(text=item.question, list="\n".join(lines)), spellings)


def _by_letter(item: Choice, found: Iterator[tuple[float, ...]]) -> Chosen:
    count = len(item.answers)
    rounds = [next(found) for _ in range(count)]
    # (round, place): the answer at a place stood under another letter in each round
    scores = [
        [round_[(place + shift) % count] for place in range(count)]
        for shift, round_ in enumerate(rounds)
    ]
    masses = [math.exp(log_sum(round_)) for round_ in rounds]
    return Chosen(
        item=item,
        scores=tuple(sum(column) / count for column in zip(*scores, strict=True)),
        mass=sum(masses) / count,
        is_steady=len({row.index(max(row)) for row in scores}) == 1,
    )


def _by_text(item: Choice, found: Iterator[tuple[float, ...]]) -> Chosen:
    scores = next(found)
    per_byte = [
        score / len(answer.encode()) for score, answer in zip(scores, item.answers, strict=True)
    ]
    return Chosen(item=item, scores=scores, best_per_byte=per_byte.index(max(per_byte)))
