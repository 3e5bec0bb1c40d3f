"""The frame inside a page that has several views: navigation, address, title, and which is seen.

All views lie in the page at once; the style sheet shows the one that `data-view` names.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nicegui import Client, ui
from nicegui.element import Element

from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part
from hearth.web.places import Place, Places


@dataclass(slots=True, kw_only=True)
class Views:
    """The views of one page in one browser tab.

    Args:
        main: Holds all views; its `data-view` says which is seen.
        nav: The page's own navigation.
        update: Draws the view of the present place.
    """

    places: Places
    frame: Frame
    client: Client
    main: Element
    nav: Region
    update: Callable[[], Awaitable[None]]
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.places.start

    def commands(self) -> dict[str, Handler]:
        """Return what the navigation and the browser's own buttons ask for."""
        return {"show": self._show, "visit": self._visit}

    def start(self, place: Place) -> None:
        """Take the place that the page was opened at."""
        self.place = place
        self._draw()

    async def visit(self, place: Place) -> None:
        """Show a place; the address bar stays as it is."""
        self.place = place
        self._draw()
        title = json.dumps(f"{self.places.title(place)} · Hearth")
        self.client.run_javascript(f"document.title = {title}")
        await self.update()

    async def go(self, view: str, subject: str = "") -> None:
        """Show a place, and its address."""
        await self.visit(self.places.at(view, subject))
        self._show_address()

    def moved(self, view: str, subject: str) -> None:
        """Note what a view shows now, and tell the address bar if that view is still seen."""
        if view == self.place.view:
            self.place = self.places.at(view, subject)
            self._show_address()

    def _draw(self) -> None:
        self.main.props(f"data-view={self.place.view}")
        self.frame.top_start.show(part("page_top", word=self.places.word))
        nav = part(
            "views_nav", path=self.places.path, views=self.places.views, view=self.place.view
        )
        self.nav.show(nav)

    async def _show(self, command: Command) -> None:
        await self.go(command.get("view", ""), command.get("of", ""))

    async def _visit(self, command: Command) -> None:
        await self.visit(self.places.of(command.get("search", "")))

    def _show_address(self) -> None:
        address = json.dumps(self.places.address(self.place))
        self.client.run_javascript(f"hearth.address({address})")


@contextmanager
def draw_views(
    places: Places, frame: Frame, update: Callable[[], Awaitable[None]], *, name: str
) -> Iterator[Views]:
    """Put the navigation into the page; within the block, the views are put there with `view`.

    Args:
        places: The page's views.
        frame: The page's frame.
        update: Draws the view of the present place.
        name: Class of the page's style rules.
    """
    with Element("div").classes(f"views {name}").props("id=hearth-main") as main:
        nav = Region(tag="nav").classes("views-nav")
        nav.props(f'aria-label="{places.word}: what to show"')
        with Element("div").classes("views-scroll") as scroll:
            scroll.props(f'tabindex=0 role=region aria-label="{places.word}"')
            yield Views(
                places=places,
                frame=frame,
                client=ui.context.client,
                main=main,
                nav=nav,
                update=update,
            )


def view(name: str) -> Element:
    """Put the place of one view into the page."""
    return Element("div").classes(f"view v-{name}")
