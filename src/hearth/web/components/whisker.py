"""A figure with its interval as a line on a scale: what a bar alone would hide."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight line from `low` to `high`, which differ."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Return where a value stands, in percent of the line; what is beyond stands at its end."""
        at = (value - self.low) / (self.high - self.low)
        return round(min(max(at, 0.0), 1.0) * 100, 2)


SHARES = Scale(low=0.0, high=1.0)


def scale_around(values: list[float], *, margin: float = 0.08) -> Scale:
    """Return a scale that holds all values, with some room at its ends; there is at least one."""
    low, high = min(values), max(values)
    room = (high - low) * margin or abs(high) * margin or 1.0
    return Scale(low=low - room, high=high + room)


def whisker(
    scale: Scale,
    value: float,
    low: float | None = None,
    high: float | None = None,
    *,
    colour: str = "var(--ember)",
    marks: tuple[float, ...] = (),
    dots: tuple[float, ...] = (),
) -> Markup:
    """Return the drawing; what it shows must be said in words beside it.

    Args:
        scale: The line.
        value: Where the mark stands.
        low: Lower end of the interval; None for one run.
        high: Upper end, likewise.
        colour: Of the mark.
        marks: Values to compare with, each a thin line across.
        dots: Raw repeats.
    """
    span = None
    if low is not None and high is not None:
        left, right = scale.share(low), scale.share(high)
        span = (left, round(right - left, 2))
    return part(
        "whisker",
        at=scale.share(value),
        span=span,
        colour=colour,
        marks=[scale.share(mark) for mark in marks],
        dots=[scale.share(dot) for dot in dots],
    )
