"""A figure that was estimated, with what it lies between."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its confidence interval.

    Args:
        value: The estimate.
        low: Lower end; equal to `value`, as `high` is, where one repeat tells of no spread.
        high: Upper end.
        level: How often intervals that are made like this one hold the truth, 0 to 1; less than was
            asked for where there are too few values. 0 for a single one.
        how: The method, as its field calls it.
    """

    value: float
    low: float
    high: float
    level: float
    how: str

    def holds(self, value: float) -> bool:
        """Return whether a value lies between the two ends, or on one."""
        return self.low <= value <= self.high


def normal_quantile(level: float) -> float:
    """Return the distance in standard deviations that holds a share of a normal distribution.

    Args:
        level: The share in the middle, 0 to 1: 0.95 gives 1.96.
    """
    return float(special.ndtri((1 + level) / 2))
