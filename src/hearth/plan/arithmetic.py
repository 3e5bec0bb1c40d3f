"""What an estimate is made of: an interval, and the steps that lead to it, each with its source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A figure that is not known exactly: the likely value between a low and a high one."""

    low: float
    likely: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Range:
        """Return the range of a figure that is known."""
        return cls(low=value, likely=value, high=value)

    def times(self, factor: float) -> Range:
        """Return the range of a multiple; `factor` is not negative."""
        return Range(low=self.low * factor, likely=self.likely * factor, high=self.high * factor)

    def plus(self, other: Range) -> Range:
        """Return the range of a sum whose terms go up and down together."""
        return Range(
            low=self.low + other.low,
            likely=self.likely + other.likely,
            high=self.high + other.high,
        )

    def dividing(self, numerator: float) -> Range:
        """Return the range of `numerator` divided by this: a time from a rate, or the reverse."""
        return Range(
            low=numerator / self.high, likely=numerator / self.likely, high=numerator / self.low
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of arithmetic.

    Args:
        what: What is computed.
        how: The formula with its numbers; empty for a fact.
        result: What came out, with its unit.
        source: Where a fact was taken from; None for arithmetic on what stands above.
    """

    what: str
    how: str
    result: str
    source: str | None = None

    def __str__(self) -> str:
        formula = f"{self.how} = " if self.how else ""
        said = f"{self.what}: {formula}{self.result}"
        return f"{said}  [{self.source}]" if self.source else said
