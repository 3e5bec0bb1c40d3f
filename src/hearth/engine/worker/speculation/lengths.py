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
# A size that was never computed is assumed to cost half a step more for each row: between the best
# and the worst weight formats measured (docs/log.md). Computed once, it is known.
UNKNOWN_ROW = 0.5


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
    expected, best_rate, best_count = float(num_answers), CLEARLY_MORE * num_answers / plain_s, 0
    for count, (loss, _, _) in enumerate(ranked, start=1):
        expected -= loss
        if num_answers + count not in SIZES:
            continue
        step_s = cost(num_answers + count) or plain_s * (1.0 + UNKNOWN_ROW * count / num_answers)
        if expected / step_s > best_rate:
            best_rate, best_count = expected / step_s, count
    for _, _, answer in ranked[:best_count]:
        lengths[answer] += 1
    return lengths
