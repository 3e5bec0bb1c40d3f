"""Wilcoxon's signed-rank test of paired differences, with the estimate and interval of it.

Where the two of a pair are the same thing, measured in an order that was tossed for, a difference
is as likely to be +d as -d, whatever its distribution is, outliers included. The number of Walsh
averages (d_i + d_j) / 2 above 0 then has a known distribution, which needs no other supposition.

    estimate   the median of the Walsh averages (Hodges and Lehmann)
    interval   between the Walsh averages at which the test would just not reject
    p          of the test that the differences lie around 0; it agrees with the interval

Source: Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd edition, 2014,
sections 3.1 to 3.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from hearth.measure.statistics.interval import Interval

MAX_EXACT = 200  # differences; beyond, the normal distribution is as good

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRank:
    """Where paired differences lie.

    Args:
        interval: Of their centre; its level is below the one asked for where they are too few.
        p: Of the test that they lie around 0, two-sided.
        is_enough: Whether there are enough for the level to be reached at all.
    """

    interval: Interval
    p: float
    is_enough: bool


def signed_rank(differences: Sequence[float], level: float) -> SignedRank:
    """Return the centre of paired differences, and whether it is 0.

    Args:
        differences: At least one, all finite.
        level: Of confidence, 0 to 1.

    Raises:
        ValueError: There are no differences, or one is not finite.
    """
    found = np.asarray(differences, dtype=np.float64)
    if not found.size or not np.isfinite(found).all():
        raise ValueError("paired differences must be finite, and at least one")
    walsh = _walsh_averages(found)
    tail = _tail(found.size)
    cut = int(np.searchsorted(tail, (1 - level) / 2, side="right")) - 1
    rank = max(cut, 0)
    interval = Interval(
        value=float(np.median(walsh)),
        low=float(walsh[rank]),
        high=float(walsh[-1 - rank]),
        level=1 - 2 * float(tail[rank]),
        how="Hodges-Lehmann, exact signed ranks",
    )
    return SignedRank(interval=interval, p=_p_value(walsh, tail), is_enough=cut >= 0)


def least_differences(level: float) -> int:
    """Return how many differences a level needs, all of one sign."""
    return math.ceil(1 - math.log2(1 - level))


def _walsh_averages(values: Array) -> Array:
    rows, columns = np.triu_indices(values.size)
    return np.sort((values[rows] + values[columns]) / 2)


def _tail(n: int) -> Array:
    """Return the chance that at most 0, 1, 2 ... of the Walsh averages are above 0."""
    most = n * (n + 1) // 2
    if n > MAX_EXACT:
        deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        steps = np.arange(most + 1)
        return np.asarray(special.ndtr((steps + 0.5 - most / 2) / deviation))
    # The count is distributed as the sum of those of 1 ... n that a coin chooses.
    chances = np.zeros(most + 1)
    chances[0] = 1.0
    for rank in range(1, n + 1):
        chosen = np.concatenate([np.zeros(rank), chances[:-rank]])
        chances = (chances + chosen) / 2
    return np.minimum(np.cumsum(chances), 1.0)


def _p_value(walsh: Array, tail: Array) -> float:
    """Return the two-sided p; averages of exactly 0 count for neither side."""
    not_above = int((walsh <= 0).sum())
    not_below = int((walsh >= 0).sum())
    return min(1.0, 2 * float(tail[min(not_above, not_below)]))
