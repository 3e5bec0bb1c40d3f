"""Intervals as the figures of a record."""

from __future__ import annotations

from hearth.measure.evidence import Figure
from hearth.measure.statistics import Interval

WITHIN = 0.01  # another processor moves a close answer or two across the line


def percent(interval: Interval | None, higher_is: str = "") -> Figure | None:
    """Return a share in percent; None for None.

    Args:
        interval: Of a share, 0 to 1.
        higher_is: "better", "worse" or empty.
    """
    if interval is None:
        return None
    return Figure(
        value=100 * interval.value,
        low=100 * interval.low,
        high=100 * interval.high,
        unit="%",
        how=interval.how,
        within=WITHIN,
        higher_is=higher_is,
    )


def plain(interval: Interval, higher_is: str = "") -> Figure:
    """Return a plain number.

    Args:
        interval: The number with its interval.
        higher_is: "better", "worse" or empty.
    """
    return Figure(
        value=interval.value,
        low=interval.low,
        high=interval.high,
        how=interval.how,
        within=WITHIN,
        higher_is=higher_is,
    )
