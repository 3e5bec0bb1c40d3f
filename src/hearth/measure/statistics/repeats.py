"""Mean and median of repeats, of which there are often few."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from hearth.measure.statistics.interval import LEVEL, Interval


def mean_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Return the mean with Student's interval: for means of many, or of what is about normal.

    Args:
        values: At least one; independent of each other.
        level: Of confidence, 0 to 1.

    Raises:
        ValueError: There are no values.
    """
    found = _array(values)
    mean = float(found.mean())
    if found.size == 1:
        return _single(mean)
    error = float(found.std(ddof=1)) / float(np.sqrt(found.size))
    half = float(special.stdtrit(found.size - 1, (1 + level) / 2)) * error
    return Interval(value=mean, low=mean - half, high=mean + half, level=level, how="Student's t")


def median_interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """Return the median with an interval of order statistics, which supposes nothing of the shape.

    With fewer than six values no such interval reaches 0.95; then all of them are between its ends,
    and its level is the one that it has.

    Args:
        values: At least one; independent of each other.
        level: Of confidence, 0 to 1.

    Raises:
        ValueError: There are no values.
    """
    found = np.sort(_array(values))
    median = float(np.median(found))
    if found.size == 1:
        return _single(median)
    # The interval from the (k+1)th smallest to the (k+1)th largest misses where k or fewer values
    # lie on one side of the true median, each being there by the toss of a coin.
    ranks = np.arange(found.size // 2)
    missed = 2 * special.bdtr(ranks, found.size, 0.5)
    rank = max(0, int(np.searchsorted(missed, 1 - level, side="right")) - 1)
    return Interval(
        value=median,
        low=float(found[rank]),
        high=float(found[-1 - rank]),
        level=1 - float(missed[rank]),
        how="order statistics",
    )


def _array(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not found.size:
        raise ValueError("an interval needs at least one value")
    return found


def _single(value: float) -> Interval:
    return Interval(value=value, low=value, high=value, level=0.0, how="one run")
