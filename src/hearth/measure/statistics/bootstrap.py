"""Intervals of any statistic by drawing the sample again from itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from hearth.measure.statistics.interval import LEVEL, Interval

NUM_RESAMPLES = 4000
_AT_ONCE = 2**22  # numbers drawn at once: 32 MB

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]


def bootstrap(
    items: Sequence[float] | Sequence[Sequence[float]],
    statistic: Statistic,
    *,
    seed: int,
    level: float = LEVEL,
    num_resamples: int = NUM_RESAMPLES,
) -> Interval:
    """Return a statistic with its percentile interval.

    It is meant for some dozens of items and more; of fewer it is too narrow. Items that belong
    together (tokens of one text, questions of one group) are one item with several columns.

    Args:
        items: Numbers, or rows of equally many numbers that are drawn together.
        statistic: Takes an array of samples, `(num_samples, num_items)` or
            `(num_samples, num_items, num_columns)`, and returns a number for each sample.
        seed: Of the draws.
        level: Of confidence, 0 to 1.
        num_resamples: How often to draw.

    Raises:
        ValueError: There are no items.

    Source:
        Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    sample = np.asarray(items, dtype=np.float64)
    if not sample.size:
        raise ValueError("a bootstrap needs at least one item")
    value = float(statistic(sample[np.newaxis])[0])
    if len(sample) == 1:
        return Interval(value=value, low=value, high=value, level=0.0, how="one run")
    random = np.random.default_rng(seed)
    at_once = max(1, _AT_ONCE // sample.size)
    drawn: list[Array] = []
    for begin in range(0, num_resamples, at_once):
        count = min(at_once, num_resamples - begin)
        rows = random.integers(len(sample), size=(count, len(sample)))
        drawn.append(statistic(sample[rows]))
    low, high = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        value=value, low=float(low), high=float(high), level=level, how="percentile bootstrap"
    )


def bootstrap_ratio(
    a: Sequence[float],
    b: Sequence[float],
    *,
    seed: int,
    level: float = LEVEL,
    num_resamples: int = NUM_RESAMPLES,
) -> Interval:
    """Return the median of one group over that of another, where nothing pairs their values.

    Args:
        a: Positive values.
        b: Positive values, of another number it may be; each group is drawn from by itself.
        seed: Of the draws.
        level: Of confidence, 0 to 1.
        num_resamples: How often to draw.

    Raises:
        ValueError: A group is empty, or has a value that is not positive.
    """
    groups = [np.asarray(group, dtype=np.float64) for group in (a, b)]
    if any(not group.size or group.min() <= 0 for group in groups):
        raise ValueError("a ratio needs positive values in both groups")
    random = np.random.default_rng(seed)
    above, below = (
        np.median(random.choice(group, (num_resamples, group.size)), axis=1) for group in groups
    )
    low, high = np.quantile(above / below, [(1 - level) / 2, (1 + level) / 2])
    value = float(np.median(groups[0]) / np.median(groups[1]))
    return Interval(
        value=value, low=float(low), high=float(high), level=level, how="percentile bootstrap"
    )
