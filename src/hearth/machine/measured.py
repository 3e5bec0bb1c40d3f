"""One figure of a machine: its value in a base unit, its range, and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Unit = Literal["B/s", "s", "FLOP/s", "B", "W", "J"]
How = Literal["measured", "looked up", "entered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One figure with its range.

    Args:
        value: The median of what was measured, or the figure as it was found.
        low: Smallest of what was measured; `high` the largest. Equal to `value` where there is
            one figure only.
        unit: Always a base unit.
        how: "looked up" stands for what the system or a table told, or follows from it.
        source: By what method, or where the figure stands.
    """

    value: float
    low: float
    high: float
    unit: Unit
    how: How
    source: str

    def __post_init__(self) -> None:
        finite = all(math.isfinite(number) for number in (self.value, self.low, self.high))
        if not finite or not 0 < self.low <= self.value <= self.high:
            raise ValueError(f"not 0 < {self.low} <= {self.value} <= {self.high}")

    @classmethod
    def looked_up(cls, value: float, unit: Unit, source: str) -> Measured:
        """Return a figure that the system or a table told."""
        return cls(value=value, low=value, high=value, unit=unit, how="looked up", source=source)

    @property
    def spread(self) -> float:
        """Width of the range as a part of the value; 0 for one figure."""
        return (self.high - self.low) / self.value
