"""How many guesses to compute: as many as make the most tokens a second.

    tokens a second = (answers + sum of the guesses' probabilities) / time of a step of that size

A guess's probability is that of its being accepted, which needs all before it. Those of one answer
fall, so for each size of the step the best choice is the most probable guesses of all answers
together. The times are measured, and their staircase decides: where four rows take no longer than
three, the fourth is filled with whatever guess there is. (Leviathan et al., arXiv 2211.17192,
section 3.5, choose one length for all steps from two constants; here both change as we go.)

Only a few sizes are used: the times of few are soon known, and a step that has the size of the one
before need not have its graph built anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

SIZES = frozenset((2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64))  # rows; kernels take 4, 8 or 16 at once
CLEARLY_MORE = 1.05  # a gain below this is within the error of the times
# Each row more of a size that was never computed is assumed to cost as much as those of the next
# smaller size that was, within these bounds (in plain steps). The upper one lies between the best
# and the worst weight formats measured (docs/log.md): two rows may cost two steps, and four again
# two. The lower one is for smaller sizes that had a lucky moment.
MOST_ROW, LEAST_ROW = 0.5, 0.05


class StepTimes:
    """Seconds of steps with guesses, to be asked in rising order of their sizes.

    What a size costs that was never computed is read off the line from the step without guesses
    through the next smaller size that was. Computed once, it is known.

    Args:
        cost: Seconds of a step with so many rows; None where it is not known.
        num_answers: Rows of a step without guesses; `plain_s` are its seconds.
    """

    def __init__(
        self, cost: Callable[[int], float | None], num_answers: int, plain_s: float
    ) -> None:
        self._cost = cost
        self._plain = self._known = (num_answers, plain_s)
        self._least_s, self._most_s = (
            share * plain_s / num_answers for share in (LEAST_ROW, MOST_ROW)
        )
        self._row_s = self._most_s

    def seconds(self, num_rows: int) -> float:
        """Return the seconds of a step with so many rows, more than any asked for before."""
        measured_s = self._cost(num_rows)
        if measured_s is None:
            rows, seconds = self._known
            return seconds + self._row_s * (num_rows - rows)
        self._known = (num_rows, measured_s)
        num_answers, plain_s = self._plain
        row_s = (measured_s - plain_s) / (num_rows - num_answers)
        self._row_s = min(max(row_s, self._least_s), self._most_s)
        return measured_s


def choose_lengths(
    gains: Sequence[Sequence[float]], cost: Callable[[int], float | None], max_guesses: int
) -> list[int]:
    """Choose how many guesses of each answer go into the step.

    Args:
        gains: For each answer the probabilities that its guesses will be accepted, in order.
        cost: Seconds of a step with so many rows; None where it is not known.
        max_guesses: Most guesses, all answers together.

    Returns:
        A number for each answer.
    """
    num_answers = len(gains)
    lengths = [0] * num_answers
    plain_s = cost(num_answers)
    if plain_s is None:
        return lengths
    ranked = sorted(
        (-gain, place, answer) for answer, own in enumerate(gains) for place, gain in enumerate(own)
    )[:max_guesses]
    times = StepTimes(cost, num_answers, plain_s)
    expected, best_rate, best_count = float(num_answers), CLEARLY_MORE * num_answers / plain_s, 0
    for count, (loss, _, _) in enumerate(ranked, start=1):
        expected -= loss
        if num_answers + count not in SIZES:
            continue
        step_s = times.seconds(num_answers + count)
        if expected / step_s > best_rate:
            best_rate, best_count = expected / step_s, count
    for _, _, answer in ranked[:best_count]:
        lengths[answer] += 1
    return lengths
