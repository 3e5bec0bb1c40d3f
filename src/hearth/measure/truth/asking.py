"""How a question is put, and what is made of the answer.

Of each question the log-odds of "yes" against "no" are read, L = log p(yes) - log p(no), each the
sum over its spellings. A statement that is asked negated too has the log-odds

    l = (L(statement) - L(negation)) / 2

of being held true: whatever adds to "yes" in both forms cancels. Where there is no negation, what
the model says to questions without content is taken off instead (contextual calibration: Zhao et
al. 2021, "Calibrate Before Use", https://arxiv.org/abs/2102.09690).

A model that gives less than half of its probability to "yes" and "no" together has not answered.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hearth.measure.choices.weighing import Ask, Speaker, log_sum, weigh
from hearth.measure.evidence import Progress
from hearth.measure.truth.items import Item

STATEMENT = "Is the following statement true? Answer with one word, yes or no.\n\n{text}"
QUESTION = "Answer the following question with one word, yes or no.\n\n{text}"
YES = ("Yes", "yes", "YES", " Yes", " yes", " YES")
NO = ("No", "no", "NO", " No", " no", " NO")
CONTENT_FREE = ("N/A", "...", "-")
LEAST_MASS = 0.5  # of "yes" and "no" together; with less the model says something else


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question and what a model made of it.

    Args:
        lean: Log-odds of "yes" to the text as it stands.
        lean_negated: Log-odds of "yes" to the negation; None where there is none.
        log_odds: Log-odds that the model holds it true, without its liking for "yes".
        mass: Probability of "yes" and "no" together, the mean of both forms.
    """

    item: Item
    lean: float
    lean_negated: float | None
    log_odds: float
    mass: float

    @property
    def is_read(self) -> bool:
        """False where the model gave no probabilities that can be read."""
        return math.isfinite(self.log_odds) and math.isfinite(self.mass)

    @property
    def has_answered(self) -> bool:
        """Whether it said yes or no at all."""
        return self.mass >= LEAST_MASS

    @property
    def p_true(self) -> float:
        """Probability that it gives to the statement's truth, 0 to 1."""
        return 1 / (1 + math.exp(-max(-700.0, min(700.0, self.log_odds))))

    @property
    def is_right(self) -> bool:
        """Whether it answered, and as the key has it; log-odds of 0 are no answer."""
        if not self.has_answered or self.log_odds == 0:
            return False
        return (self.log_odds > 0) == self.item.is_true


def ask_all(
    speaker: Speaker,
    items: Sequence[Item],
    *,
    progress: Progress = lambda done, total, doing: None,
    doing: str = "Asking",
    cancelled: threading.Event | None = None,
) -> tuple[Answered, ...]:
    """Ask a model every question, in each of its forms.

    Args:
        speaker: What is asked.
        items: The questions.
        progress: Told the questions that are done, negations counted.
        doing: What to tell it.
        cancelled: Set to stop.

    Raises:
        RequestAborted: `cancelled` was set.
        InvalidRequest: A question does not fit into the context.
    """
    free = _content_free(items)
    asks = [*free, *(ask for item in items for ask in asks_of(item))]
    found = weigh(speaker, asks, progress=progress, doing=doing, cancelled=cancelled)
    pairs = iter(found[len(free) :])
    usual = _mean([_lean(pair) for pair in found[: len(free)]])
    return tuple(_answered(item, pairs, usual) for item in items)


def asks_of(item: Item) -> list[Ask]:
    """Return the forms in which a question is put."""
    return [_ask(text, is_question=item.is_question) for text in (item.text, item.negation) if text]


def _ask(text: str, *, is_question: bool) -> Ask:
    frame = QUESTION if is_question else STATEMENT
    return Ask.of(frame.format(text=text), (YES, NO))


def _content_free(items: Sequence[Item]) -> list[Ask]:
    """Return questions without content, in the forms of those that have no negation."""
    kinds = sorted({item.is_question for item in items if not item.negation})
    return [_ask(text, is_question=kind) for kind in kinds for text in CONTENT_FREE]


def _answered(item: Item, pairs: Iterator[tuple[float, ...]], usual: float) -> Answered:
    plain = next(pairs)
    lean, mass = _lean(plain), _mass(plain)
    if not item.negation:
        return Answered(item=item, lean=lean, lean_negated=None, log_odds=lean - usual, mass=mass)
    turned = next(pairs)
    return Answered(
        item=item,
        lean=lean,
        lean_negated=_lean(turned),
        log_odds=(lean - _lean(turned)) / 2,
        mass=(mass + _mass(turned)) / 2,
    )


def _lean(pair: tuple[float, ...]) -> float:
    yes, no = pair
    return yes - no


def _mass(pair: tuple[float, ...]) -> float:
    return math.nan if any(map(math.isnan, pair)) else math.exp(log_sum(pair))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
