"""Lines over one axis, as HTML and SVG: they stretch with their place and need no script.

The lines lie in a box of 100 by 100 that is stretched to its place. Words and points stand beside
and above it as HTML, so that they keep their size; the figures follow as a table. The static
documentation draws with the same code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hearth.guide.demonstrations import Line, Scale, Series
from hearth.plan.units import digits, scaled
from hearth.web.components.log_scale import Tick, decades_around
from hearth.web.components.whisker import Scale as Straight
from hearth.web.parts import part
from hearth.web.theme import tokens

NUM_STEPS = 4  # between the ends of a straight axis, more or less
MAX_DECADES = 6  # with a tick each
MAX_DOTS = 24  # of a line whose points are drawn one by one
MAX_ROWS = 40  # of the table
NEAR_ZERO = 0.35  # of the highest value: what begins below it begins at 0
DASHES = ("", "7 4", "2 3", "10 3 2 3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Where values stand on an axis, in percent, and its ticks."""

    places: Straight
    is_log: bool
    ticks: tuple[Tick, ...]

    def share(self, value: float) -> float:
        """Return where a value stands; on a logarithmic axis it is above 0."""
        return self.places.share(math.log10(value) if self.is_log else value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLine:
    """One line as it is drawn.

    Args:
        points: As SVG writes them.
        dots: Left and bottom in percent, and what a dot says; none for a line of many points.
    """

    name: str
    colour: str
    dash: str
    points: str
    dots: tuple[tuple[float, float, str], ...]


def draw_series(series: Series) -> Markup:
    """Return the plot of lines, each of which has a point."""
    lines = [_drawable(line, series) for line in series.lines]
    lines = [line for line in lines if line.xs]
    x_axis = axis_around((x for line in lines for x in line.xs), series.x_scale, is_tight=True)
    y_axis = axis_around((y for line in lines for y in line.ys), series.y_scale)
    return part(
        "line_plot",
        series=series,
        lines=[_drawn(line, at, x_axis, y_axis) for at, line in enumerate(lines)],
        x_ticks=x_axis.ticks,
        y_ticks=y_axis.ticks,
        y_chars=max(len(tick.words) for tick in y_axis.ticks),
        rows=list(_rows(lines)),
    )


def axis_around(values: Iterable[float], scale: Scale, *, is_tight: bool = False) -> Axis:
    """Return the axis that holds all values.

    Args:
        values: At least one; all above 0 for "log".
        scale: How it is divided.
        is_tight: Whether it goes from the least value to the greatest, where it is straight;
            otherwise it goes from one round number to another.
    """
    found = list(values)
    low, high = min(found), max(found)
    return _log_axis(found) if scale == "log" else _straight_axis(low, high, is_tight=is_tight)


def _straight_axis(low: float, high: float, *, is_tight: bool) -> Axis:
    if 0 < low <= NEAR_ZERO * high and not is_tight:
        low = 0.0
    if low == high:
        low, high = (low - 1, high + 1) if not low else (low - abs(low) / 2, high + abs(high) / 2)
    step = _round_step((high - low) / NUM_STEPS)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [round(at * step, 12) for at in range(first, last + 1)]
    if is_tight:
        places, values = Straight(low=low, high=high), [at for at in values if low <= at <= high]
    else:
        places = Straight(low=values[0], high=values[-1])
    ticks = tuple(Tick(at=places.share(value), words=_words(value)) for value in values)
    return Axis(places=places, is_log=False, ticks=ticks)


def _round_step(rough: float) -> float:
    """Return the step of 1, 2 or 5 times a power of ten that is nearest above."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)


def _log_axis(values: Sequence[float]) -> Axis:
    scale = decades_around(values)
    low, high = math.log10(scale.low), math.log10(scale.high)
    ticks = scale.ticks(_words, every=math.ceil((high - low) / MAX_DECADES))
    return Axis(places=Straight(low=low, high=high), is_log=True, ticks=ticks)


def _words(value: float) -> str:
    return scaled(value, "").strip() if abs(value) >= 10_000 else digits(value)


def _drawable(line: Line, series: Series) -> Line:
    """Return a line without the points that have no place on a logarithmic axis."""
    kept = [
        (x, y)
        for x, y in zip(line.xs, line.ys, strict=True)
        if (x > 0 or series.x_scale != "log") and (y > 0 or series.y_scale != "log")
    ]
    return Line(name=line.name, xs=tuple(x for x, _ in kept), ys=tuple(y for _, y in kept))


def _drawn(line: Line, at: int, x_axis: Axis, y_axis: Axis) -> DrawnLine:
    pairs = list(zip(line.xs, line.ys, strict=True))
    places = [(x_axis.share(x), y_axis.share(y)) for x, y in pairs]
    dots = tuple(
        (left, bottom, f"{line.name}: {digits(y)} at {digits(x)}")
        for (left, bottom), (x, y) in zip(places, pairs, strict=True)
    )
    return DrawnLine(
        name=line.name,
        colour=f"var(--series-{at % len(tokens()['series']['dark']) + 1})",
        dash=DASHES[at % len(DASHES)],
        points=" ".join(f"{left:g},{100 - bottom:g}" for left, bottom in places),
        dots=dots if len(dots) <= MAX_DOTS else (),
    )


def _rows(lines: Sequence[Line]) -> Iterable[tuple[str, ...]]:
    """Yield the figures: the place on the x axis, and what each line has there."""
    known = [dict(zip(line.xs, line.ys, strict=True)) for line in lines]
    xs = sorted({x for line in lines for x in line.xs})
    for x in xs[:: math.ceil(len(xs) / MAX_ROWS)]:
        yield digits(x), *(digits(one[x]) if x in one else "" for one in known)
