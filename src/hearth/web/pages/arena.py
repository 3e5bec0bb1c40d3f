"""The Arena page: two nameless answers to one prompt, a vote, and what all votes say.

This file makes the page; `arena_view.py` holds what it shows, and each view lives beside it:
`arena_vote.py` (the pair), `arena_board.py` (the board), `arena_setup.py` (who takes part).
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.requests import Request

from hearth.web.frame import PageEntry, PaletteEntry, build_frame
from hearth.web.local_models import LocalModels
from hearth.web.pages.arena_places import PLACES
from hearth.web.pages.arena_view import draw_view
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0

ENTRIES = (
    *(
        PaletteEntry(words=view.command, icon=view.icon, data={"do": "show", "view": view.name})
        for view in PLACES.views
    ),
    PaletteEntry(words="Draw a prompt for the arena", icon="arena", data={"do": "arena-draw"}),
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    shelf = LocalModels(services.library)

    @ui.page("/arena")
    async def arena(request: Request) -> None:
        frame = build_frame("arena", pages, ENTRIES)
        view = draw_view(services, shelf, frame)
        frame.commands.register(view.commands())
        await view.start(PLACES.of(request.url.query))
        ui.timer(REFRESH_EVERY_S, view.refresh)
        ui.context.client.on_delete(view.leave)


ARENA = PageEntry(name="arena", word="Arena", path="/arena", icon="arena", register=_register)
