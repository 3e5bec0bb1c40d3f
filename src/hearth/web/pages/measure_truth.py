"""Truth on the Measure page: how sure each model is, against how often it is right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from nicegui.element import Element
from nicegui.elements.echart import EChart

from hearth.errors import HearthError
from hearth.measure.evidence import Ledger, Record
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.measure.truth import answers_of, reliability
from hearth.web.components.chart_place import chart_place
from hearth.web.components.evidence_figures import figure_name
from hearth.web.components.region import Region
from hearth.web.components.reliability_chart import Reliability, reliability_options, symbol_of
from hearth.web.components.roofline_chart import colour_of
from hearth.web.parts import part

KIND = "truth"
MAX_MODELS = 6
LOOKED_AT = 100  # records, for the newest of each model
SHOWN = ("accuracy", "balanced_accuracy", "answered", "yes_rate", "brier", "calibration_error")


@dataclass(slots=True, kw_only=True)
class TruthView:
    """The newest record of each model, in one plot and one table."""

    ledger: Ledger
    head: Region
    place: Element
    chart: EChart
    table: Region

    async def update(self) -> None:
        """Read the newest records, and draw."""
        try:
            found = await asyncio.to_thread(self._read)
        except HearthError as error:
            self._hide()
            self.head.show(part("error", error=error))
            return
        if not found:
            self._hide()
            self.head.show(part("measure_truth_head", models=[]))
            return
        drawn = [
            Reliability(
                name=record.names,
                colour=place,
                bins=tuple(each for each in reliability(answers_of(record)) if each.num_items),
            )
            for place, record in enumerate(found)
        ]
        models = [
            (one.name, colour_of(one.colour), symbol_of(place)) for place, one in enumerate(drawn)
        ]
        self.head.show(part("measure_truth_head", models=models))
        self.place.set_visibility(True)
        self.table.set_visibility(True)
        self.chart.options.clear()
        self.chart.options.update(reliability_options(drawn))
        self.chart.update()
        rows = [(record, colour_of(place), _cells(record)) for place, record in enumerate(found)]
        names = [figure_name(name) for name in SHOWN]
        self.table.show(part("measure_truth", names=names, rows=rows))

    def _hide(self) -> None:
        self.place.set_visibility(False)
        self.table.set_visibility(False)

    def _read(self) -> list[Record]:
        newest = _newest(self.ledger.list(kind=KIND, limit=LOOKED_AT))
        return [self.ledger.get(record.digest) for record in newest]


def truth_view(ledger: Ledger) -> TruthView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-truth"):
        head = Region()
        place, chart = chart_place("Reliability; the cards of the records hold the same figures")
        table = Region()
    return TruthView(ledger=ledger, head=head, place=place, chart=chart, table=table)


def _newest(records: Iterable[Record]) -> list[Record]:
    """Return the first record of each model; the newest come first."""
    found: dict[str, Record] = {}
    for record in records:
        subject = record.subjects[0]
        found.setdefault(subject.digest or subject.name, record)
    return list(found.values())[:MAX_MODELS]


def _cells(record: Record) -> list[tuple[str, str]]:
    return [
        (value_text(figure), interval_text(figure)) if figure is not None else ("none", "")
        for figure in (record.summary.get(name) for name in SHOWN)
    ]
