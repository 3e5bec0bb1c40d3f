"""Quantizations of one model as a plot: how far each strays, against its size or its speed.

Filled points are on the front: none beats them in size, speed and distance at once. The large one
with an edge is the sensible one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from markupsafe import Markup

from hearth.measure.evidence import Figure
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.measure.quants import QuantPoint
from hearth.plan.units import num_bytes
from hearth.web.components.plot import interval_lines, line, plot_options, points
from hearth.web.components.roofline_chart import colour_of

Against = Literal["size", "speed"]
AGAINST: Mapping[Against, str] = {"size": "Size", "speed": "Speed"}
AXES: Mapping[Against, str] = {"size": "size in MB", "speed": "seconds of a whole request"}

Span = tuple[tuple[float, float], tuple[float, float]]


def pareto_options(found: Sequence[QuantPoint], against: Against) -> dict[str, Any]:
    """Return the ECharts options of the plot.

    Args:
        found: The quantizations, in an order that stays; there is at least one.
        against: What the distance is drawn against.
    """
    front = sorted(_at(one, against) for one in found if one.is_on_front)
    return plot_options(
        {"type": "value", "name": AXES[against], "scale": True},
        {"type": "value", "name": "distance from the reference, nats per token", "min": 0},
        [
            line(front, width=1.5, kind="dashed"),
            interval_lines([span for one in found for span in _spans(one, against)]),
            points("quantizations", [_point(one, at, against) for at, one in enumerate(found)]),
        ],
    )


def _at(one: QuantPoint, against: Against) -> tuple[float, float]:
    across = one.size_bytes / 1e6 if against == "size" else one.request.value
    return across, one.distance.value


def _spans(one: QuantPoint, against: Against) -> list[Span]:
    across, up = _at(one, against)
    spans = []
    if (ends := _ends(one.distance)) is not None:
        spans.append(((across, ends[0]), (across, ends[1])))
    if against == "speed" and (ends := _ends(one.request)) is not None:
        spans.append(((ends[0], up), (ends[1], up)))
    return spans


def _ends(figure: Figure) -> tuple[float, float] | None:
    return (figure.low, figure.high) if figure.low is not None and figure.high is not None else None


def _point(one: QuantPoint, place: int, against: Against) -> dict[str, Any]:
    colour = colour_of(place)
    return {
        "name": one.name,
        "value": list(_at(one, against)),
        "symbolSize": 18 if one.is_choice else 12,
        "itemStyle": {
            "color": colour if one.is_on_front else "var(--surface)",
            "borderColor": "var(--text)" if one.is_choice else colour,
            "borderWidth": 2,
        },
        "label": {
            "show": True,
            "formatter": one.quantization,
            "position": "top",
            "color": "var(--text)",
            "fontSize": 11,
        },
        "tip": str(_tip(one)),
    }


def _tip(one: QuantPoint) -> Markup:
    return Markup("<strong>{}</strong><br>{}<br>request {} ({})<br>distance {} ({})").format(
        one.name,
        num_bytes(one.size_bytes),
        value_text(one.request),
        interval_text(one.request),
        value_text(one.distance),
        interval_text(one.distance),
    )
