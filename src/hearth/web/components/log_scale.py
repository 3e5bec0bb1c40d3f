"""A logarithmic scale as shares of a line's length, for figures that span many powers of ten."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hearth.machine.profile import Measured
from hearth.plan.arithmetic import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on a scale: where it stands, in percent, and what it says."""

    at: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """A figure on a scale, in percent of the line: its range and its likely value."""

    low: float
    at: float
    high: float

    @property
    def width(self) -> float:
        """Length of the range."""
        return round(self.high - self.low, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScale:
    """A line from `low` to `high`, each power of ten equally long. Both are above zero."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value stands, in percent of the line; what is beyond stands at its end."""
        if value <= self.low:
            return 0.0
        span = math.log10(self.high / self.low)
        return round(min(math.log10(value / self.low) / span, 1.0) * 100, 2)

    def whisker(self, figure: Measured | Range) -> Whisker:
        """Return where a figure and its range stand."""
        likely = figure.value if isinstance(figure, Measured) else figure.likely
        return Whisker(
            low=self.share(figure.low), at=self.share(likely), high=self.share(figure.high)
        )

    def ticks(self, words: Callable[[float], str], *, every: int = 1) -> tuple[Tick, ...]:
        """Return a tick for each power of ten, or for every second or third one.

        Args:
            words: Says a value.
            every: Powers of ten from one tick to the next.
        """
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        values = [10.0**power for power in range(first, last + 1, every)]
        return tuple(Tick(at=self.share(value), words=words(value)) for value in values)


def decades_around(values: Iterable[float]) -> LogScale:
    """Return the scale of whole powers of ten that holds all values; there is at least one."""
    known = [value for value in values if value > 0]
    low = math.floor(math.log10(min(known)))
    high = math.ceil(math.log10(max(known)))
    return LogScale(low=10.0**low, high=10.0 ** max(high, low + 1))
