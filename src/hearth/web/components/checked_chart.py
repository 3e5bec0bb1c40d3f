"""Predicted against measured, on two logarithmic axes: what is on the diagonal was foreseen.

Memory, speeds and times have different units, so that each has a chart of its own. The dashed
lines hold nine of ten points: the error band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from markupsafe import Markup

from hearth.plan.accuracy import TITLES, Point
from hearth.plan.units import duration, num_bytes, tokens_per_s
from hearth.store.predicted import Part
from hearth.web.components.log_scale import LogScale, decades_around
from hearth.web.components.roofline_chart import POWERS, colour_of

Unit = Literal["B", "tokens/s", "s"]
UNITS: Mapping[Unit, str] = {"B": "Memory", "tokens/s": "Speeds", "s": "Times"}
AXES: Mapping[Unit, str] = {"B": "bytes", "tokens/s": "tokens per second", "s": "seconds"}
PHONE_PX = 600

# Parts differ in shape, and models in colour.
SHAPES = ("circle", "diamond", "triangle", "rect", "roundRect", "pin", "arrow")


def parts_of(unit: Unit) -> list[Part]:
    """Return the parts that are measured in a unit."""
    return [part for part in Part if part.unit == unit]


def shape_of_part(part: Part) -> str:
    """Return the shape of a part's points, which no other part of its unit has."""
    return SHAPES[[each for each in Part if each.unit == part.unit].index(part)]


def band_factor(points: Sequence[Point]) -> float:
    """Return the factor that nine of ten points are off by at most; 1 for perfect ones."""
    sizes = sorted(abs(point.error) for point in points)
    return math.exp(sizes[math.ceil(0.9 * len(sizes)) - 1])


def checked_options(
    points: Sequence[Point], unit: Unit, colours: Mapping[str, int]
) -> dict[str, Any]:
    """Return the ECharts options that draw points of one unit; there is at least one.

    Args:
        points: Predicted and measured.
        unit: The unit of all of them.
        colours: Number of each model's colour.
    """
    scale = decades_around(value for point in points for value in (point.predicted, point.measured))
    factor = band_factor(points)
    shown = [part for part in parts_of(unit) if any(point.part is part for point in points)]
    base = {
        "animation": False,
        "aria": {"enabled": False},  # the page describes the chart in its own words
        "grid": {"left": 12, "right": 28, "top": 36, "bottom": 34, "containLabel": True},
        "xAxis": _axis(f"predicted {AXES[unit]}", scale, gap=28, location="middle"),
        "yAxis": _axis(f"measured {AXES[unit]}", scale, gap=14, location="end"),
        "tooltip": {
            "trigger": "item",
            "confine": True,
            ":formatter": "(point) => point.data.tip",
            "extraCssText": "max-width: 320px; white-space: normal; box-shadow: none;",
        },
        "series": [
            _line(scale, 1.0, "solid"),
            *(_line(scale, at, "dashed") for at in (factor, 1 / factor)),
            *(_series(points, part, colours) for part in shown),
        ],
    }
    phone = {"grid": {"left": 4, "right": 14}}
    return {"baseOption": base, "media": [{"query": {"maxWidth": PHONE_PX}, "option": phone}]}


def value_words(value: float, unit: str) -> str:
    """Say a value with its unit."""
    if unit == "B":
        return num_bytes(value)
    return tokens_per_s(value) if unit == "tokens/s" else duration(value)


def _axis(name: str, scale: LogScale, *, gap: int, location: str) -> dict[str, Any]:
    align = "left" if location == "end" else "center"
    return {
        "type": "log",
        "name": name,
        "nameLocation": location,
        "nameGap": gap,
        "nameTextStyle": {"color": "var(--muted)", "align": align},
        "min": scale.low,
        "max": scale.high,
        "axisLabel": {":formatter": POWERS},
    }


def _line(scale: LogScale, factor: float, kind: str) -> dict[str, Any]:
    """Draw measured = factor x predicted from edge to edge."""
    low, high = scale.low / min(factor, 1.0), scale.high / max(factor, 1.0)
    return {
        "type": "line",
        "data": [[low, low * factor], [high, high * factor]],
        "symbol": "none",
        "silent": True,
        "lineStyle": {"color": "var(--muted)", "width": 1.5, "type": kind},
        "emphasis": {"disabled": True},
    }


def _series(points: Sequence[Point], part: Part, colours: Mapping[str, int]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": TITLES[part],
        "symbol": shape_of_part(part),
        "symbolSize": 11,
        "emphasis": {"disabled": True},  # it would compute with colours, and these are variables
        "data": [
            {
                "name": point.model,
                "value": [point.predicted, point.measured],
                "itemStyle": {
                    "color": colour_of(colours.get(point.model, 0)),
                    "borderColor": "var(--surface)",
                    "borderWidth": 1,
                },
                "tip": str(_tip(point)),
            }
            for point in points
            if point.part is part
        ],
    }


def _tip(point: Point) -> Markup:
    unit = point.part.unit
    return Markup("<strong>{}</strong> {}<br>predicted {}<br>measured <b>{}</b> ({:+.1%})").format(
        point.model,
        TITLES[point.part],
        value_words(point.predicted, unit),
        value_words(point.measured, unit),
        math.expm1(point.error),
    )
