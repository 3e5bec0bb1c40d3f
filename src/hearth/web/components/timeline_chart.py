"""The timeline as a chart: a lane for each publisher or family, a mark for each release.

Marks differ in shape and filling, not in colour alone. What a chart cannot show to everyone, the
table beside it does (`timeline_table.html`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from markupsafe import Markup

from hearth.models.catalogue import Release, family

Lanes = Literal["publisher", "family"]

LANE_PX = 30
AXES_PX = 88  # the overview and the axis of years above the lanes
OWN_LANE_FROM = 3  # releases; publishers and families with fewer share the last lane
OTHERS = "Others"

STYLES: dict[str | None, tuple[str, dict[str, Any]]] = {
    "open": ("circle", {"color": "var(--ember)", "borderColor": "var(--base)", "borderWidth": 1}),
    "closed": (
        "diamond",
        {"color": "var(--base)", "borderColor": "var(--info)", "borderWidth": 2},
    ),
    None: ("triangle", {"color": "var(--muted)", "borderColor": "var(--base)", "borderWidth": 1}),
}
WORDS = {"open": "open weights", "closed": "closed", None: "weights not stated"}
SIZES = {"circle": 13, "diamond": 15, "triangle": 12}

PHONE_PX = 600
ON_A_PHONE = {  # short names, and the last years first: the others are a finger's move away
    "grid": {"left": 4, "right": 12},
    "yAxis": {"axisLabel": {"width": 82}},
    "dataZoom": [{"start": 68, "end": 100}, {"start": 68, "end": 100}],
}


def lanes(rows: Sequence[Release], by: Lanes) -> list[str]:
    """Return the names of the lanes, those with the most releases first, the shared one last."""
    counts = Counter(_lane_name(row, by) for row in rows)
    own = [name for name, number in counts.items() if number >= OWN_LANE_FROM]
    own.sort(key=lambda name: (-counts[name], name.casefold()))
    return [*own, OTHERS] if len(own) < len(counts) else own


def chart_height(rows: Sequence[Release], by: Lanes) -> int:
    """Return the height in pixels that gives every lane its room."""
    return AXES_PX + LANE_PX * max(len(lanes(rows, by)), 1)


def chart_options(rows: Sequence[Release], by: Lanes) -> dict[str, Any]:
    """Return the ECharts options that draw these releases.

    Args:
        rows: The releases, the oldest first; all of them are drawn.
        by: What a lane stands for.
    """
    names = lanes(rows, by)
    base = {
        "animation": False,
        "aria": {"enabled": False},  # the page describes the chart in its own words
        "grid": {"left": 8, "right": 24, "top": 72, "bottom": 16, "containLabel": True},
        "xAxis": _years_axis(),
        "yAxis": _lanes_axis(names),
        "dataZoom": [
            # The wheel zooms with Ctrl and a finger moves up and down, so that the page scrolls.
            {"type": "inside", "zoomOnMouseWheel": "ctrl", "preventDefaultMouseMove": False},
            {
                "type": "slider",
                "top": 8,
                "height": 24,
                "brushSelect": False,
                "showDataShadow": False,
            },
        ],
        "tooltip": {
            "trigger": "item",
            "confine": True,
            ":formatter": "(point) => point.data.tip",
            "extraCssText": "max-width: 320px; white-space: normal; box-shadow: none;",
        },
        "series": [_series(rows, by, set(names), weights) for weights in STYLES],
    }
    return {"baseOption": base, "media": [{"query": {"maxWidth": PHONE_PX}, "option": ON_A_PHONE}]}


def _years_axis() -> dict[str, Any]:
    return {
        "type": "time",
        "position": "top",
        "minInterval": 30 * 86_400_000,  # a month in milliseconds
        "splitLine": {"show": True},
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"hideOverlap": True, "formatter": {"year": "{yyyy}", "month": "{MMM}"}},
    }


def _lanes_axis(names: list[str]) -> dict[str, Any]:
    return {
        "type": "category",
        "inverse": True,
        "data": names,
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "axisLabel": {"color": "var(--text)", "width": 150, "overflow": "truncate"},
        "splitLine": {"show": True, "lineStyle": {"opacity": 0.5}},
    }


def _series(
    rows: Sequence[Release], by: Lanes, own: set[str], weights: str | None
) -> dict[str, Any]:
    symbol, style = STYLES[weights]
    return {
        "type": "scatter",
        "name": WORDS[weights],
        "symbol": symbol,
        "symbolSize": SIZES[symbol],
        "itemStyle": style,
        "cursor": "pointer",
        "emphasis": {"disabled": True},  # it would compute with colours, and these are variables
        "data": [_point(row, by, own) for row in rows if row.weights == weights],
    }


def _point(row: Release, by: Lanes, own: set[str]) -> dict[str, Any]:
    name = _lane_name(row, by)
    lane = name if name in own else OTHERS
    tip = Markup("<strong>{}</strong><br>{} · {}<br>{}").format(
        row.name, row.date, row.publisher, WORDS[row.weights]
    )
    return {"name": row.name, "value": [_middle(row), lane], "tip": str(tip)}


def _middle(row: Release) -> str:
    """Return the day to draw; a release known by its month alone stands in the middle of it."""
    return str(row.date) if row.date.day else f"{row.date}-15"


def _lane_name(row: Release, by: Lanes) -> str:
    return row.publisher if by == "publisher" else family(row.family).name
