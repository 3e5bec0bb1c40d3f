"""Quantizations on the Measure page: size, speed and distance as a plot and as a table."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from nicegui.element import Element
from nicegui.elements.echart import EChart

from hearth.errors import HearthError, InvalidRequest
from hearth.measure.evidence import Ledger, Record
from hearth.measure.quants import QuantPoint, points_of
from hearth.web.commands import Command, Handler
from hearth.web.components.chart_place import chart_place
from hearth.web.components.pareto_chart import AGAINST, Against, pareto_options
from hearth.web.components.quants_table import draw_quants
from hearth.web.components.record_table import choices_of
from hearth.web.components.region import Region
from hearth.web.parts import part

KIND = "quants"
MAX_CHOICES = 50


@dataclass(slots=True, kw_only=True)
class QuantsView:
    """One record of quantizations, drawn against size or speed."""

    ledger: Ledger
    head: Region
    place: Element
    chart: EChart
    table: Region
    _against: Against = field(default="size", init=False)
    _records: list[Record] = field(default_factory=list, init=False)
    _shown: Record | None = field(default=None, init=False)
    _points: tuple[QuantPoint, ...] = field(default=(), init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about the plot, by name."""
        return {"quants-against": self._choose}

    async def show(self, record_id: str) -> None:
        """Show a record by its id; an empty one stands for the newest."""
        try:
            await asyncio.to_thread(self._read, record_id)
        except HearthError as error:
            self._points = ()
            self.place.set_visibility(False)
            self.table.set_visibility(False)
            self.head.show(part("error", error=error))
            return
        self.draw()

    def draw(self) -> None:
        """Draw what was read."""
        self.head.show(
            part(
                "measure_quants_head",
                record=self._shown,
                choices=choices_of(self._records),
                units=AGAINST,
                unit=self._against,
            )
        )
        self.place.set_visibility(bool(self._points))
        self.table.set_visibility(bool(self._points))
        if self._points:
            self.chart.options.clear()
            self.chart.options.update(pareto_options(self._points, self._against))
            self.chart.update()
            self.table.show(draw_quants(self._points))

    def _read(self, record_id: str) -> None:
        self._records = self.ledger.list(kind=KIND, limit=MAX_CHOICES)
        wanted = record_id or (self._records[0].digest if self._records else "")
        self._shown = self.ledger.get(wanted) if wanted else None
        self._points = points_of(self._shown) if self._shown else ()

    async def _choose(self, command: Command) -> None:
        unit = command.get("unit", "")
        if unit not in AGAINST:
            raise InvalidRequest(f"The plot has no axis {unit!r}.")
        self._against = cast(Against, unit)
        self.draw()


def quants_view(ledger: Ledger) -> QuantsView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-quants"):
        head = Region()
        place, chart = chart_place("Quantizations; the table holds the same figures")
        table = Region()
    return QuantsView(ledger=ledger, head=head, place=place, chart=chart, table=table)
