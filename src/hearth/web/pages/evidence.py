"""The Evidence page: every measurement that was kept, whole, and what shows that none changed.

This file makes the page; `evidence_list.py` searches and checks the chain, `evidence_record.py`
shows one record, `evidence_card.py` takes a card that somebody else has made.
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.requests import Request

from hearth.web.frame import PageEntry, PaletteEntry, build_frame
from hearth.web.pages.evidence_places import PLACES
from hearth.web.pages.evidence_view import draw_view
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0

ENTRIES = (
    *(
        PaletteEntry(words=view.command, icon=view.icon, data={"do": "show", "view": view.name})
        for view in PLACES.views
    ),
    PaletteEntry(words="Check the chain", icon="verify", data={"do": "evidence-verify"}),
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    @ui.page("/evidence")
    async def evidence(request: Request) -> None:
        frame = build_frame("evidence", pages, ENTRIES)
        view = draw_view(services, frame)
        frame.commands.register(view.commands())
        await view.start(PLACES.of(request.url.query))
        ui.timer(REFRESH_EVERY_S, view.refresh)


EVIDENCE = PageEntry(
    name="evidence", word="Evidence", path="/evidence", icon="evidence", register=_register
)
