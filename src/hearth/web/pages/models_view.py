"""What a Models page shows now, and how it is drawn."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote, unquote

from nicegui import Client
from nicegui.element import Element

from hearth.errors import HearthError
from hearth.machine.probe import read_machine
from hearth.models.library import ModelEntry
from hearth.plan.load import free_memory
from hearth.web.components.model_table import (
    COLUMNS,
    PAGE_SIZE,
    Sorting,
    draw_table,
    model_path,
    row_of,
    summary,
)
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.models_card import CardView
from hearth.web.pages.models_downloads import DownloadsView
from hearth.web.pages.models_find import FindView
from hearth.web.parts import part
from hearth.web.services import Services

QUICK_S = 0.3  # what is read within this time is in the page when it arrives


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one is on the page.

    Args:
        view: "table", "card", "remote" (the card of a model on the hub) or "find".
        subject: The model of a card, or the words of a search.
    """

    view: str
    subject: str = ""

    @staticmethod
    def of(path: str, search: str) -> Place:
        """Return the place of an address."""
        match = re.fullmatch(r"/models/(.+)", path)
        if match is not None:
            return Place(view="card", subject=unquote(match.group(1)))
        asked = parse_qs(search.removeprefix("?"), keep_blank_values=True)
        if "show" in asked:
            return Place(view="remote", subject=asked["show"][0])
        return Place(view="find", subject=asked["find"][0]) if "find" in asked else TABLE

    @property
    def address(self) -> str:
        """The place's own address."""
        if self.view == "card":
            return model_path(self.subject)
        if self.view == "remote":
            return f"/models?show={quote(self.subject)}"
        return f"/models?find={quote(self.subject)}" if self.view == "find" else "/models"

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return {"table": "Models", "find": "Find models"}.get(self.view, self.subject)

    @property
    def is_card(self) -> bool:
        """Whether one model is shown."""
        return self.view in ("card", "remote")


TABLE = Place(view="table")


@dataclass(slots=True, kw_only=True)
class ModelsView:
    """One page of one browser tab: the table, the card of one model, or the search.

    Args:
        main: The place of all three; its `data-view` says which is seen.
        entries: The library as it was last read; None before the first time.
        error: Why it could not be read.
        free_bytes: Memory that one more model could take, when it was last read.
    """

    services: Services
    frame: Frame
    client: Client
    chips: Chips
    main: Element
    head: Region
    table: Region
    card_head: Region
    card_body: Region
    card_template: Region
    find: FindView
    downloads: DownloadsView
    query: str = field(default="", init=False)
    sorting: Sorting = field(default=Sorting(), init=False)
    limit: int = field(default=PAGE_SIZE, init=False)
    entries: list[ModelEntry] | None = field(default=None, init=False)
    error: HearthError | None = field(default=None, init=False)
    free_bytes: int | None = field(default=None, init=False)
    place: Place = field(default=TABLE, init=False)
    card: CardView | None = field(default=None, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)
    _searching: asyncio.Task[None] | None = field(default=None, init=False)

    # --- where one is -------------------------------------------------------------------------

    async def start(self, place: Place) -> None:
        """Show the page's first view; what takes longer follows when the page is there."""
        self._reading = asyncio.create_task(self.read(), name="read the library")
        waited = [self._reading]
        self.visit(place)
        if self.card is not None:
            waited.append(self.card.task)
        await asyncio.wait(waited, timeout=QUICK_S)

    def visit(self, place: Place) -> None:
        """Show a place; what it needs to know is asked for."""
        self._leave_card()
        self.place = place
        if place.is_card:
            self.card = CardView(
                name=place.subject,
                is_remote=place.view == "remote",
                services=self.services,
                statuses=lambda: self.chips.statuses or (),
                pulling=lambda: self.downloads.running,
                head=self.card_head,
                body=self.card_body,
                template=self.card_template,
            )
            self.card.begin()
        if place.view == "find" and place.subject and place.subject != self.find.wanted.words:
            wanted = replace(self.find.wanted, words=place.subject)
            self._searching = asyncio.create_task(self.find.search(wanted), name="search the hub")
        self.browser(f"document.title = {json.dumps(f'{place.title} · Hearth')}")
        self.draw()

    def go(self, place: Place) -> None:
        """Visit a place, put its address into the browser's bar, and the focus where it begins."""
        self.visit(place)
        self.show_address()
        focus = "[data-card-title]" if place.is_card else f".models-{place.view}-view input"
        self.browser(f"document.querySelector({json.dumps(focus)})?.focus()")

    def show_address(self) -> None:
        """Put the address of what is shown into the browser's bar."""
        self.browser(f"hearth.address({json.dumps(self.place.address)})")

    def leave(self) -> None:
        """Stop reading for a page that is gone."""
        self._leave_card()
        for task in (self._reading, self._searching):
            if task is not None:
                task.cancel()

    def _leave_card(self) -> None:
        if self.card is not None:
            self.card.leave()
        self.card = None

    # --- what is here -------------------------------------------------------------------------

    async def read(self) -> None:
        """Read the library anew and draw it."""
        try:
            self.entries = await asyncio.to_thread(self.services.library.list)
            self.error = None
            self.draw()
            self.entries = await asyncio.to_thread(self.services.library.refresh)
        except HearthError as error:
            self.error = error
        machine = await asyncio.to_thread(read_machine, self.services.config)
        self.free_bytes = free_memory(machine)
        self.draw()

    async def refresh(self) -> None:
        """Ask what is in memory and what is on its way, and draw what has changed."""
        await self.chips.refresh()
        await self.downloads.refresh()
        self.draw()

    # --- drawing ------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw everything as it is known now."""
        self.main.props(f"data-view={'card' if self.place.is_card else self.place.view}")
        self.frame.top_start.show(part("models_top", view=self.place.view))
        if self.card is not None:
            self.card.draw()
        elif self.place.view == "find":
            self.find.draw()
        else:
            self._draw_table()

    def browser(self, script: str) -> None:
        """Run a script in this page's browser."""
        self.client.run_javascript(script)

    def _draw_table(self) -> None:
        if self.entries is None:
            words = "Looking for the models on this computer"
            self.table.show(part("models_wait", error=self.error, words=words))
            return
        rows = [row_of(entry, self.chips.statuses or ()) for entry in self.entries]
        self.head.show(
            part(
                "models_head",
                summary=summary(rows, self.free_bytes),
                query=self.query,
                columns=COLUMNS,
                sorting=self.sorting,
            )
        )
        folder = str(self.services.config.models_dir)
        self.table.show(draw_table(rows, self.query, self.sorting, self.limit, folder))
