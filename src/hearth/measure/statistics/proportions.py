"""Shares: how many of so many."""

from __future__ import annotations

import math

from hearth.measure.statistics.interval import LEVEL, Interval, normal_quantile


def wilson(successes: float, n: int, level: float = LEVEL) -> Interval:
    """Return a share with Wilson's score interval, which is sound near 0 and 1 and for few trials.

    Args:
        successes: How often it came out, 0 to `n`; halves are allowed.
        n: How often it was tried; 0 tells nothing, and gives the whole range.
        level: Of confidence, 0 to 1.

    Raises:
        ValueError: More successes than trials, or fewer than none.

    Source:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials")
    if n == 0:
        return Interval(value=0.5, low=0.0, high=1.0, level=1.0, how="no trials")
    share, z = successes / n, normal_quantile(level)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(
        value=share,
        low=max(0.0, middle - half) if successes else 0.0,
        high=min(1.0, middle + half) if successes < n else 1.0,
        level=level,
        how="Wilson",
    )
