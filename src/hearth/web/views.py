"""A page that has several views: its entry in the rail, navigation, address, title, what is seen.

All views lie in the page at once, and one of them is seen.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from nicegui import Client, ui
from nicegui.element import Element
from starlette.requests import Request

from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame, PageEntry, PaletteEntry, build_frame
from hearth.web.parts import part
from hearth.web.places import Place, Places, places_of
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0
PAGE_TIMEOUT_S = 15.0


class PageView(Protocol):
    """One page of one browser tab."""

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""

    async def start(self, place: Place) -> None:
        """Show the place that the page was opened at."""

    async def refresh(self) -> None:
        """Look at what goes on, and draw what has changed."""


@dataclass(slots=True, kw_only=True)
class Views:
    """The views of one page in one browser tab.

    Args:
        nav: The page's own navigation.
        update: Draws the view of the present place.
    """

    places: Places
    frame: Frame
    client: Client
    nav: Region
    update: Callable[[], Awaitable[None]]
    place: Place = field(init=False)
    _views: dict[str, Element] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.place = self.places.start

    def view(self, name: str) -> Element:
        """Put the place of one view into the page."""
        self._views[name] = Element("div").classes(f"view v-{name}")
        return self._views[name]

    def commands(self) -> dict[str, Handler]:
        """Return what the navigation and the browser's own buttons ask for."""
        return {"show": self._show, "visit": self._visit}

    def start(self, place: Place) -> None:
        """Take the place that the page was opened at."""
        self.place = place
        self._draw()

    async def visit(self, place: Place) -> None:
        """Show a place; the address bar stays as it is."""
        if place != self.place:
            self.client.run_javascript("document.querySelector('.views-scroll').scrollTop = 0")
        self.place = place
        self._draw()
        title = json.dumps(f"{self.places.title(place)} · Hearth")
        self.client.run_javascript(f"document.title = {title}")
        await self.update()

    async def go(self, view: str, subject: str = "") -> None:
        """Show a place; its address goes first, so that a reload comes back to what is seen."""
        place = self.places.at(view, subject)
        self._show_address(place)
        await self.visit(place)

    def moved(self, view: str, subject: str) -> None:
        """Note what a view shows now, and tell the address bar if that view is still seen."""
        if view == self.place.view:
            self.place = self.places.at(view, subject)
            self._show_address(self.place)

    def _draw(self) -> None:
        for name, element in self._views.items():
            element.set_visibility(name == self.place.view)
        self.frame.top_start.show(part("page_top", places=self.places))
        nav = part(
            "views_nav", path=self.places.path, views=self.places.views, view=self.place.view
        )
        self.nav.show(nav)

    async def _show(self, command: Command) -> None:
        await self.go(command.get("view", ""), command.get("of", ""))

    async def _visit(self, command: Command) -> None:
        await self.visit(self.places.of(command.get("search", "")))

    def _show_address(self, place: Place) -> None:
        address = json.dumps(self.places.address(place))
        self.client.run_javascript(f"hearth.address({address})")


@contextmanager
def draw_views(
    places: Places, frame: Frame, update: Callable[[], Awaitable[None]]
) -> Iterator[Views]:
    """Put the navigation into the page; within the block, the views are put there.

    Args:
        places: The page's views.
        frame: The page's frame.
        update: Draws the view of the present place.
    """
    with Element("div").classes(f"views {places.word.lower()}").props("id=hearth-main"):
        nav = Region(tag="nav").classes("views-nav")
        nav.props(f'aria-label="{places.word}: what to show"')
        with Element("div").classes("views-scroll") as scroll:
            scroll.props(f'tabindex=0 role=region aria-label="{places.word}"')
            yield Views(
                places=places,
                frame=frame,
                client=ui.context.client,
                nav=nav,
                update=update,
            )


def page_of_views(
    name: str,
    draw: Callable[[Services, Frame], PageView],
    entries: Sequence[PaletteEntry] = (),
) -> PageEntry:
    """Return the entry of a page whose views `places.toml` lists.

    Args:
        name: The page's name there, and that of its icon.
        draw: Puts the page's views into a frame.
        entries: Rows of the palette besides those that show the views.
    """
    places = places_of(name)
    shown = [
        PaletteEntry(words=view.command, icon=view.icon, data={"do": "show", "view": view.name})
        for view in places.views
    ]

    def register(services: Services, pages: Sequence[PageEntry]) -> None:
        @ui.page(places.path, response_timeout=PAGE_TIMEOUT_S)
        async def page(request: Request) -> None:
            frame = build_frame(name, pages, [*shown, *entries])
            view = draw(services, frame)
            frame.commands.register(view.commands())
            await view.start(places.of(request.url.query))
            ui.timer(REFRESH_EVERY_S, view.refresh)

    return PageEntry(name=name, word=places.word, path=places.path, icon=name, register=register)
