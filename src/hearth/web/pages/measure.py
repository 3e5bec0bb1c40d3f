"""The Measure page: what was measured, with intervals, and measuring more.

This file makes the page; `measure_view.py` holds what it shows, and each view lives beside it:
`measure_runs.py` (begin, progress, history), `measure_compare.py` (two records),
`measure_quants.py` (size, speed and distance of quantizations), `measure_truth.py` (how sure, and
how right).
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.requests import Request

from hearth.web.frame import PageEntry, PaletteEntry, build_frame
from hearth.web.local_models import LocalModels
from hearth.web.pages.measure_places import PLACES
from hearth.web.pages.measure_view import draw_view
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0

ENTRIES = tuple(
    PaletteEntry(words=view.command, icon=view.icon, data={"do": "show", "view": view.name})
    for view in PLACES.views
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    shelf = LocalModels(services.library)

    @ui.page("/measure")
    async def measure(request: Request) -> None:
        frame = build_frame("measure", pages, ENTRIES)
        view = draw_view(services, shelf, frame)
        frame.commands.register(view.commands())
        await view.start(PLACES.of(request.url.query))
        ui.timer(REFRESH_EVERY_S, view.refresh)


MEASURE = PageEntry(
    name="measure", word="Measure", path="/measure", icon="measure", register=_register
)
