"""What a Machine page shows now: one of its views, and what the others will need."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field

from nicegui import Client, ui
from nicegui.element import Element

from hearth.errors import HearthError
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.local_models import LocalModels
from hearth.web.pages.chips import Chips
from hearth.web.pages.machine_book import Book
from hearth.web.pages.machine_checked import CheckedView, checked_view
from hearth.web.pages.machine_claim import ClaimView, claim_view
from hearth.web.pages.machine_levels import LevelsView, levels_view
from hearth.web.pages.machine_places import PLACES
from hearth.web.pages.machine_plan import PlanView, plan_view
from hearth.web.pages.machine_runs import RunsView, runs_view
from hearth.web.pages.machine_speed import SpeedView, speed_view
from hearth.web.pages.machine_twin import TwinView, twin_view
from hearth.web.parts import part
from hearth.web.places import Place
from hearth.web.services import Services

QUICK_S = 0.4  # what is read within this time is in the page when it arrives
MAX_JOBS = 50  # that are looked at

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class MachineView:
    """One page of one browser tab.

    Args:
        main: The place of all views; its `data-view` says which is seen.
        nav: The page's own navigation.
    """

    frame: Frame
    client: Client
    chips: Chips
    book: Book
    main: Element
    nav: Region
    levels: LevelsView
    speed: SpeedView
    runs: RunsView
    plan: PlanView
    twin: TwinView
    claim: ClaimView
    checked: CheckedView
    place: Place = field(default=PLACES.start, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "show": self._show,
            "visit": self._visit,
            "measure": self._measure,
            **self.levels.commands(),
            **self.runs.commands(),
            **self.plan.commands(),
            **self.twin.commands(),
            **self.claim.commands(),
            **self.checked.commands(),
        }

    async def start(self, place: Place) -> None:
        """Show the page's first view; what takes longer follows when the page is there."""
        self.place = place
        self._reading = asyncio.create_task(self._read(), name="read the machine")
        self._reading.add_done_callback(_log_failure)
        self._draw_frame()
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
        if self.place.view == "levels":
            self.levels.draw()
        elif self.place.view == "plan":
            self.plan.draw()
            self.twin.draw()

    async def visit(self, place: Place) -> None:
        """Show a place, with what it needs."""
        self.place = place
        self._draw_frame()
        title = json.dumps(f"{PLACES.title(place)} · Hearth")
        self.client.run_javascript(f"document.title = {title}")
        await self._update_view()

    async def _read(self) -> None:
        try:
            await self.chips.refresh()
            await self.book.read_machine()
            await self.refresh()
            await self.visit(self.place)  # which may be another one by now
            await self.levels.read()
            self.levels.draw()
            await self.book.read_models()
            await self._update_view()
        except HearthError as error:
            self.frame.toasts.error(error)

    async def measured(self) -> None:
        """Take new figures into every view."""
        await self.book.read_machine()
        await self._update_view()

    async def _update_view(self) -> None:
        view = self.place.view
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
            await self.plan.show(self.place.subject)
            self.twin.offer(self.plan.twin_name())
            self.twin.draw()
        elif view == "checked":
            await self.checked.update()
        elif view == "claim":
            self.claim.draw()
            if self.place.subject and self.place.subject != self.claim.sentence:
                await self.claim.judge(self.place.subject)

    def _draw_frame(self) -> None:
        self.main.props(f"data-view={self.place.view}")
        self.frame.top_start.show(part("page_top", word=PLACES.word))
        self.nav.show(part("views_nav", path=PLACES.path, views=PLACES.views, view=self.place.view))

    async def _show(self, command: Command) -> None:
        await self.visit(PLACES.at(command.get("view", ""), command.get("of", "")))
        self._show_address()

    async def _measure(self, command: Command) -> None:
        if self.place.view != "levels":
            await self.visit(PLACES.start)
            self._show_address()
        await self.levels.measure()

    async def _visit(self, command: Command) -> None:
        await self.visit(PLACES.of(command.get("search", "")))

    def planned(self, model: str) -> None:
        """Note that another model is planned now."""
        self.moved(Place(view="plan", subject=model))
        self.twin.offer(self.plan.twin_name())
        self.twin.draw()

    def moved(self, place: Place) -> None:
        """Note that a view shows something else now, and tell the browser's address bar."""
        self.place = place
        self._show_address()

    def _show_address(self) -> None:
        self.client.run_javascript(f"hearth.address({json.dumps(PLACES.address(self.place))})")


def draw_view(services: Services, shelf: LocalModels, frame: Frame) -> MachineView:
    """Put the places of all views into the page that is being made."""
    book = Book(services=services, shelf=shelf)
    with Element("div").classes("views machine").props("id=hearth-main") as main:
        nav = Region(tag="nav").classes("views-nav").props('aria-label="Machine: what to show"')
        with Element("div").classes("views-scroll"):
            with _place("levels"):
                levels = levels_view(book, frame, lambda: view.measured())
            with _place("speed"):
                speed = speed_view(book)
            with _place("runs"):
                runs = runs_view(book, frame)
            with _place("plan"):
                plan = plan_view(
                    book,
                    frame,
                    lambda: view.chips.statuses or (),
                    lambda model: view.planned(model),
                )
                twin = twin_view(book, frame)
            with _place("claim"):
                claim = claim_view(
                    book, frame, lambda said: view.moved(Place(view="claim", subject=said))
                )
            with _place("checked"):
                checked = checked_view(book)
    view = MachineView(
        frame=frame,
        client=ui.context.client,
        chips=Chips(services, frame),
        book=book,
        main=main,
        nav=nav,
        levels=levels,
        speed=speed,
        runs=runs,
        plan=plan,
        twin=twin,
        claim=claim,
        checked=checked,
    )
    return view


def _place(name: str) -> Element:
    return Element("div").classes(f"view v-{name}")


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended the reading; the page stays as it is."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("the Machine page could not be filled", exc_info=task.exception())
