"""The Machine page: what this machine is, which models it runs and how fast, and what is claimed.

This file makes the page; `machine_view.py` holds what it shows, and each view lives beside it:
`machine_levels.py` (the memory hierarchy, measuring), `machine_speed.py` (the roofline),
`machine_runs.py` (the can-run table), `machine_plan.py` (sliders), `machine_twin.py` (the twin),
`machine_claim.py`, `machine_checked.py` (predicted against measured).
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from starlette.requests import Request

from hearth.web.frame import PageEntry, PaletteEntry, build_frame
from hearth.web.local_models import LocalModels
from hearth.web.pages.machine_places import PLACES
from hearth.web.pages.machine_view import draw_view
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0
PAGE_TIMEOUT_S = 15.0

ENTRIES = (
    *(
        PaletteEntry(words=view.command, icon=view.icon, data={"do": "show", "view": view.name})
        for view in PLACES.views
    ),
    PaletteEntry(words="Measure this machine", icon="machine", data={"do": "measure"}),
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    shelf = LocalModels(services.library)

    @ui.page("/machine", response_timeout=PAGE_TIMEOUT_S)
    async def machine(request: Request) -> None:
        frame = build_frame("machine", pages, ENTRIES)
        view = draw_view(services, shelf, frame)
        frame.commands.register(view.commands())
        await view.start(PLACES.of(request.url.query))
        ui.timer(REFRESH_EVERY_S, view.refresh)
        ui.context.client.on_delete(view.leave)


MACHINE = PageEntry(
    name="machine", word="Machine", path="/machine", icon="machine", register=_register
)
