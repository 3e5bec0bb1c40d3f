"""How sure a model is against how often it is right: on the diagonal its word can be taken.

Each point is a tenth of the range from "surely false" to "surely true", with the interval of the
share that was true; larger points hold more questions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from hearth.measure.truth import Bin
from hearth.web import figures
from hearth.web.components.plot import interval_lines, line, plot_options, points
from hearth.web.components.roofline_chart import colour_of

SYMBOLS = ("circle", "diamond", "triangle", "rect", "roundRect", "pin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The bins of one model.

    Args:
        colour: Number of its colour, which it has on every page.
        bins: Those that hold questions.
    """

    name: str
    colour: int
    bins: tuple[Bin, ...]


def reliability_options(found: Sequence[Reliability]) -> dict[str, Any]:
    """Return the ECharts options of the plot; there is at least one model."""
    spans = [
        ((each.said, each.came_true.low), (each.said, each.came_true.high))
        for one in found
        for each in one.bins
    ]
    axis = {"type": "value", "min": 0, "max": 1, "interval": 0.2}
    drawn = [
        points(one.name, [_point(one, each) for each in one.bins], symbol=symbol_of(place))
        for place, one in enumerate(found)
    ]
    return plot_options(
        {**axis, "name": "probability it gave to being true"},
        {**axis, "name": "share that was true"},
        [line([[0, 0], [1, 1]], width=1.5, kind="dashed"), interval_lines(spans), *drawn],
    )


def symbol_of(place: int) -> str:
    """Return the shape of a model's points by its place in the plot."""
    return SYMBOLS[place % len(SYMBOLS)]


def _point(one: Reliability, each: Bin) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": [each.said, each.came_true.value],
        "symbolSize": min(8 + 2 * math.sqrt(each.num_items), 30),
        "itemStyle": {
            "color": colour_of(one.colour),
            "borderColor": "var(--surface)",
            "borderWidth": 1,
        },
        "tip": str(_tip(one, each)),
    }


def _tip(one: Reliability, each: Bin) -> Markup:
    true = each.came_true
    return Markup(
        "<strong>{}</strong><br>{}<br>said true with {:.0%}<br>{:.0%} were ({:.0%} to {:.0%})"
    ).format(
        one.name,
        figures.count(each.num_items, "question"),
        each.said,
        true.value,
        true.low,
        true.high,
    )
