"""Predicted against measured on the Machine page: a plot for each unit, and the error bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from nicegui.element import Element
from nicegui.elements.echart import EChart

from hearth.errors import InvalidRequest
from hearth.plan.accuracy import TITLES, Point, describe_accuracy
from hearth.web.commands import Command, Handler
from hearth.web.components.chart_place import chart_place
from hearth.web.components.checked_chart import (
    UNITS,
    Unit,
    band_factor,
    checked_options,
    parts_of,
    shape_of_part,
    value_words,
)
from hearth.web.components.region import Region
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part

MAX_POINTS = 600  # that are drawn, of one unit
MAX_ROWS = 30


@dataclass(slots=True, kw_only=True)
class CheckedView:
    """The plot of one unit, and the bands of all parts."""

    book: Book
    head: Region
    place: Element
    chart: EChart
    table: Region
    unit: Unit = field(default="tokens/s", init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about the plot, by name."""
        return {"unit": self._choose}

    async def update(self) -> None:
        """Read the ledger again and draw."""
        await self.book.read_ledger()
        self.draw()

    def draw(self) -> None:
        """Draw what was read."""
        found = self.book.accuracy
        points = found.points if found else ()
        seen = {point.part.unit for point in points}
        units = {unit: word for unit, word in UNITS.items() if unit in seen}
        if self.unit not in units:
            self.unit = next(iter(units), self.unit)
        here = [point for point in points if point.part.unit == self.unit][:MAX_POINTS]
        shown = [each for each in parts_of(self.unit) if any(one.part is each for one in here)]
        self.head.show(
            part(
                "machine_checked",
                error=self.book.ledger_error,
                num_points=len(points),
                units=units,
                unit=self.unit,
                shapes=[(TITLES[each], shape_of_part(each)) for each in shown],
                factor=band_factor(here) if here else 1.0,
            )
        )
        self.place.set_visibility(bool(here))
        self.table.set_visibility(bool(points))
        if here:
            self.chart.options.clear()
            self.chart.options.update(checked_options(here, self.unit, self.book.colours()))
            self.chart.update()
        if found and points:
            rows = describe_accuracy(found)
            self.table.show(part("machine_bands", rows=rows, points=_latest(points)))

    async def _choose(self, command: Command) -> None:
        unit = command.get("unit", "")
        if unit not in UNITS:
            raise InvalidRequest(f"The plot has no unit {unit!r}.")
        self.unit = cast(Unit, unit)
        self.draw()


def checked_view(book: Book) -> CheckedView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-checked"):
        head = Region()
        place, chart = chart_place("Predicted against measured; the table holds the same figures")
        table = Region()
    return CheckedView(book=book, head=head, place=place, chart=chart, table=table)


def _latest(points: Sequence[Point]) -> list[dict[str, str]]:
    return [
        {
            "when": f"{point.made_at.astimezone():%Y-%m-%d %H:%M}",
            "model": point.model,
            "title": TITLES[point.part],
            "predicted": value_words(point.predicted, point.part.unit),
            "measured": value_words(point.measured, point.part.unit),
            "off": f"{math.expm1(point.error):+.1%}",
        }
        for point in points[:MAX_ROWS]
    ]
