"""What the plots of measurements share: axes, intervals as thin lines, tips.

Colours are CSS variables, so that a plot follows the theme of the page; see `hearth.web.theme`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

PHONE_PX = 600


def plot_options(
    x: dict[str, Any], y: dict[str, Any], series: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the ECharts options of a plot whose points say their tip in `data.tip`."""
    base = {
        "animation": False,
        "aria": {"enabled": False},  # the page describes the plot in its own words
        "grid": {"left": 12, "right": 28, "top": 36, "bottom": 34, "containLabel": True},
        "xAxis": {**x, **_axis_name(x["name"], gap=28, location="middle")},
        "yAxis": {**y, **_axis_name(y["name"], gap=14, location="end")},
        "tooltip": {
            "trigger": "item",
            "confine": True,
            ":formatter": "(point) => point.data.tip",
            "extraCssText": "max-width: 320px; white-space: normal; box-shadow: none;",
        },
        "series": list(series),
    }
    phone = {"grid": {"left": 4, "right": 14}}
    return {"baseOption": base, "media": [{"query": {"maxWidth": PHONE_PX}, "option": phone}]}


def interval_lines(spans: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> Any:
    """Return a series that draws intervals, each from one (x, y) to another, as lines with gaps."""
    data: list[list[float | str]] = []
    for start, end in spans:
        data += [list(start), list(end), ["-", "-"]]
    return line(data, width=1.5)


def line(data: Sequence[Sequence[float | str]], *, width: float, kind: str = "solid") -> Any:
    """Return a series that draws a line that says nothing to the pointer."""
    return {
        "type": "line",
        "data": [list(point) for point in data],
        "symbol": "none",
        "silent": True,
        "connectNulls": False,
        "lineStyle": {"color": "var(--muted)", "width": width, "type": kind},
        "emphasis": {"disabled": True},
    }


def points(name: str, data: Sequence[dict[str, Any]], *, symbol: str = "circle") -> Any:
    """Return a series of points; each has `value`, `itemStyle` and `tip`."""
    return {
        "type": "scatter",
        "name": name,
        "symbol": symbol,
        "data": [{**each, "itemStyle": {"opacity": 1, **each["itemStyle"]}} for each in data],
        "z": 5,
        "emphasis": {"disabled": True},  # it would compute with colours, and these are variables
    }


def _axis_name(name: str, *, gap: int, location: str) -> dict[str, Any]:
    align = "left" if location == "end" else "center"
    style = {"color": "var(--muted)", "align": align}
    return {"name": name, "nameLocation": location, "nameGap": gap, "nameTextStyle": style}
