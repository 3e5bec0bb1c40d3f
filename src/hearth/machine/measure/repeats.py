"""From repeated measurements to one figure with its range."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from hearth.machine.profile import Measured, Unit

MIN_REPEATS = 3


def summarize(values: Sequence[float], unit: Unit, source: str) -> Measured:
    """Return the median of repeats, with the smallest and the largest as its range.

    Args:
        values: At least three.
        unit: Of all of them.
        source: How they were measured.
    """
    if len(values) < MIN_REPEATS:
        raise ValueError(f"{len(values)} repeats are too few to tell a range")
    return Measured(
        value=statistics.median(values),
        low=min(values),
        high=max(values),
        unit=unit,
        how="measured",
        source=f"{source}; median of {len(values)}",
    )
