"""What a Measure page shows now: one of its views."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearth.web.commands import Command, Handler
from hearth.web.frame import Frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.measure_compare import CompareView, compare_view
from hearth.web.pages.measure_quants import QuantsView, quants_view
from hearth.web.pages.measure_runs import MAX_JOBS, RunsView, runs_view
from hearth.web.pages.measure_truth import TruthView, truth_view
from hearth.web.places import Place, places_of
from hearth.web.services import Services
from hearth.web.views import Views, draw_views


@dataclass(slots=True, kw_only=True)
class MeasureView:
    """One page of one browser tab."""

    services: Services
    chips: Chips
    views: Views
    runs: RunsView
    compare: CompareView
    quants: QuantsView
    truth: TruthView

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "measure-record": self._choose_record,
            **self.views.commands(),
            **self.runs.commands(),
            **self.quants.commands(),
        }

    async def start(self, place: Place) -> None:
        """Show the page's first view."""
        self.views.start(place)
        await self.chips.refresh()
        await self._look_at_jobs()
        await self.update()

    async def refresh(self) -> None:
        """Look at what goes on, and draw what has changed."""
        await self.chips.refresh()
        if await self._look_at_jobs():
            await self.update()
        elif self.views.place.view == "runs":
            self.runs.draw_jobs()

    async def update(self) -> None:
        """Draw the view that is seen, with what it needs."""
        place = self.views.place
        if place.view == "runs":
            await self.runs.update()
        elif place.view == "compare":
            await self.compare.show(place.subject)
        elif place.view == "quants":
            await self.quants.show(place.subject)
        else:
            await self.truth.update()

    async def _look_at_jobs(self) -> bool:
        return await self.runs.follow(
            await asyncio.to_thread(self.services.jobs.list, limit=MAX_JOBS)
        )

    async def _choose_record(self, command: Command) -> None:
        await self.views.go(self.views.place.view, command.get("of", ""))


def draw_view(services: Services, frame: Frame) -> MeasureView:
    """Put the places of all views into the page that is being made."""
    with draw_views(places_of("measure"), frame, lambda: page.update()) as views:
        with views.view("runs"):
            runs = runs_view(services, frame, lambda two: views.go("compare", two))
        with views.view("compare"):
            compare = compare_view(services.ledger)
        with views.view("quants"):
            quants = quants_view(services.ledger)
        with views.view("truth"):
            truth = truth_view(services.ledger)
    page = MeasureView(
        services=services,
        chips=Chips(services, frame),
        views=views,
        runs=runs,
        compare=compare,
        quants=quants,
        truth=truth,
    )
    return page
