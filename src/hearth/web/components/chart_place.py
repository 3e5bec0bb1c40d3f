"""A place for a chart: hidden until there is something to draw, of a height that stays."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.echart import EChart

from hearth.web.theme import chart_theme


def chart_place(label: str) -> tuple[Element, EChart]:
    """Put an empty chart into the current place of the page.

    Args:
        label: What it shows, and where the same is to be read.

    Returns:
        The place, which is hidden, and the chart in it.
    """
    with Element("div").classes("chart") as place:
        chart = ui.echart({}, theme=chart_theme(), renderer="svg")
    place.props(f'role=img aria-label="{label}"')
    place.set_visibility(False)
    return place, chart
