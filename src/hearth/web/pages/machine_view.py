"""What a Machine page shows now: one of its views, and what the others will need."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from hearth.errors import HearthError
from hearth.web.commands import Command, Handler
from hearth.web.frame import Frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.machine_book import Book
from hearth.web.pages.machine_checked import CheckedView, checked_view
from hearth.web.pages.machine_claim import ClaimView, claim_view
from hearth.web.pages.machine_levels import LevelsView, levels_view
from hearth.web.pages.machine_plan import PlanView, plan_view
from hearth.web.pages.machine_runs import RunsView, runs_view
from hearth.web.pages.machine_speed import SpeedView, speed_view
from hearth.web.pages.machine_twin import TwinView, twin_view
from hearth.web.places import Place, places_of
from hearth.web.services import Services
from hearth.web.views import Views, draw_views

QUICK_S = 0.4  # what is read within this time is in the page when it arrives
MAX_JOBS = 50  # that are looked at

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class MachineView:
    """One page of one browser tab."""

    frame: Frame
    chips: Chips
    book: Book
    views: Views
    levels: LevelsView
    speed: SpeedView
    runs: RunsView
    plan: PlanView
    twin: TwinView
    claim: ClaimView
    checked: CheckedView
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "measure": self._measure,
            **self.views.commands(),
            **self.levels.commands(),
            **self.runs.commands(),
            **self.plan.commands(),
            **self.twin.commands(),
            **self.claim.commands(),
            **self.checked.commands(),
        }

    async def start(self, place: Place) -> None:
        """Show the page's first view; what takes longer follows when the page is there."""
        self.views.start(place)
        self._reading = asyncio.create_task(self._read(), name="read the machine")
        self._reading.add_done_callback(_log_failure)
        await asyncio.wait([self._reading], timeout=QUICK_S)

    def leave(self) -> None:
        """Stop reading for a page that is gone."""
        if self._reading is not None:
            self._reading.cancel()

    async def refresh(self) -> None:
        """Look at what goes on, and draw what has changed."""
        await self.chips.refresh()
        jobs = await asyncio.to_thread(self.book.services.jobs.list, limit=MAX_JOBS)
        await self.levels.follow(jobs)
        await self.twin.follow(jobs)
        if self.views.place.view == "levels":
            self.levels.draw()
        elif self.views.place.view == "plan":
            self.plan.draw()
            self.twin.draw()

    async def _read(self) -> None:
        try:
            await self.chips.refresh()
            await self.book.read_machine()
            await self.refresh()
            await self.views.visit(self.views.place)  # which may be another one by now
            await self.levels.read()
            self.levels.draw()
            await self.book.read_models()
            await self.update_view()
        except HearthError as error:
            self.frame.toasts.error(error)

    async def measured(self) -> None:
        """Take new figures into every view."""
        await self.book.read_machine()
        await self.update_view()

    async def update_view(self) -> None:
        """Draw the view that is seen, with what it needs."""
        view, subject = self.views.place.view, self.views.place.subject
        if view == "levels":
            self.levels.draw()
        elif view == "speed":
            await self.book.read_ledger()
            await self.speed.update()
        elif view == "runs":
            await self.book.read_ledger()
            await self.runs.update()
        elif view == "plan":
            await self.book.read_ledger()
            await self.plan.show(subject)
            self.twin.offer(self.plan.twin_name())
            self.twin.draw()
        elif view == "checked":
            await self.checked.update()
        elif view == "claim":
            self.claim.draw()
            if subject and subject != self.claim.sentence:
                await self.claim.judge(subject)

    async def _measure(self, command: Command) -> None:
        if self.views.place.view != "levels":
            await self.views.go("levels")
        await self.levels.measure()

    def planned(self, model: str) -> None:
        """Note that another model is planned now."""
        self.views.moved("plan", model)
        self.twin.offer(self.plan.twin_name())
        self.twin.draw()


def draw_view(services: Services, frame: Frame) -> MachineView:
    """Put the places of all views into the page that is being made."""
    book = Book(services=services)
    with draw_views(places_of("machine"), frame, lambda: page.update_view()) as views:
        with views.view("levels"):
            levels = levels_view(book, frame, lambda: page.measured())
        with views.view("speed"):
            speed = speed_view(book)
        with views.view("runs"):
            runs = runs_view(book, frame)
        with views.view("plan"):
            plan = plan_view(
                book,
                frame,
                lambda: page.chips.statuses or (),
                lambda model: page.planned(model),
            )
            twin = twin_view(book, frame)
        with views.view("claim"):
            claim = claim_view(book, frame, lambda said: views.moved("claim", said))
        with views.view("checked"):
            checked = checked_view(book)
    page = MachineView(
        frame=frame,
        chips=Chips(services, frame),
        book=book,
        views=views,
        levels=levels,
        speed=speed,
        runs=runs,
        plan=plan,
        twin=twin,
        claim=claim,
        checked=checked,
    )
    views.client.on_delete(page.leave)
    return page


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended the reading; the page stays as it is."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("the Machine page could not be filled", exc_info=task.exception())
