"""When a small model writes ahead: where that is expected to pay for its own time as well.

    tokens a second = (answers + sum of r^i) / (time of a step of that size + guesses in a row * d)

r is the share of its guesses that were right, d the time that it takes to write one more for all.
Where an answer copies its own text the small model is not asked: that guess is free and better.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hearth.engine.worker.batching import Share
from hearth.engine.worker.speculation.draft_model import DraftModel
from hearth.engine.worker.speculation.guess import Guess
from hearth.engine.worker.speculation.lengths import CLEARLY_MORE, StepTimes

GOOD_COPY = 1.0  # tokens that a copy is expected to gain, from which on it will do
MOST_GUESSES = 8  # in a row; the last are rarely right
TRIAL_GUESSES = 4
TRIAL_EVERY_STEPS = 128  # while it does not pay


class Drafter:
    """Asks a small model for guesses.

    Args:
        model: The small model.
        cost: Seconds of a step of the large one with so many rows; None where it is not known.
    """

    def __init__(self, model: DraftModel, cost: Callable[[int], float | None]) -> None:
        self._model = model
        self._cost = cost
        self._steps_until_trial = 0

    def improve(self, shares: Sequence[Share], guesses: list[Guess], room: int) -> list[Guess]:
        """Replace guesses that promise little by those of the small model, where that pays.

        Args:
            shares: Those of a step.
            guesses: What there is for each.
            room: Guesses that the step may have.
        """
        self._model.forget_all_but({share.sequence.request_id for share in shares})
        poor = [
            index
            for index, (share, guess) in enumerate(zip(shares, guesses, strict=True))
            if guess.expected < GOOD_COPY and not share.sequence.reproducible
        ]
        if not poor or room < len(poor):
            return guesses
        count = self._count(len(shares), len(poor), room // len(poor))
        if not count:
            return guesses
        texts = [
            (shares[index].sequence.request_id, shares[index].sequence.tokens) for index in poor
        ]
        improved = list(guesses)
        for index, found in zip(poor, self._model.guess(texts, count), strict=True):
            improved[index] = max(found, guesses[index], key=lambda guess: guess.expected)
        return improved

    def _count(self, num_answers: int, num_drafts: int, most: int) -> int:
        """Choose how many tokens are written ahead of each of `num_drafts` answers."""
        plain_s, draft_s = self._cost(num_answers), self._model.cost(num_drafts)
        if plain_s is None:
            return 0
        self._steps_until_trial -= 1
        if draft_s is None or self._steps_until_trial < 0:
            self._steps_until_trial = TRIAL_EVERY_STEPS
            return min(TRIAL_GUESSES, most)
        best_rate, best_count = CLEARLY_MORE * num_answers / plain_s, 0
        times = StepTimes(self._cost, num_answers, plain_s)
        expected, gain = float(num_answers), 1.0
        for count in range(1, min(most, MOST_GUESSES) + 1):
            gain *= self._model.agreement
            expected += num_drafts * gain
            step_s = times.seconds(num_answers + num_drafts * count)
            rate = expected / (step_s + count * draft_s)
            if rate > best_rate:
                best_rate, best_count = rate, count
        return best_count
