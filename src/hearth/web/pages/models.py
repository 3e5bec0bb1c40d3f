"""The Models page: the library as a table, a card for each model, and the hub to find more.

This file makes the page; `models_view.py` holds what it shows, and the commands live beside it:
`models_library.py` (the table and what can be done with a model), `models_find.py` (the search),
`models_downloads.py` (what is on its way).
"""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui
from nicegui.element import Element
from starlette.requests import Request

from hearth.web.components.region import Region
from hearth.web.frame import Frame, PageEntry, PaletteEntry, build_frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.models_downloads import DownloadsView
from hearth.web.pages.models_find import FindView
from hearth.web.pages.models_library import library_commands
from hearth.web.pages.models_view import ModelsView, Place
from hearth.web.services import Services

REFRESH_EVERY_S = 1.0
PAGE_TIMEOUT_S = 15.0

ENTRIES = (
    PaletteEntry(words="Filter the models", icon="search", data={"ui": "filter"}, key="/"),
    PaletteEntry(words="Look for new model files", icon="retry", data={"do": "look-again"}),
)


def _register(services: Services, pages: Sequence[PageEntry]) -> None:
    @ui.page("/models", response_timeout=PAGE_TIMEOUT_S)
    async def library(request: Request) -> None:
        await _build(services, pages, Place.of(request.url.path, request.url.query))

    @ui.page("/models/{name:path}", response_timeout=PAGE_TIMEOUT_S)
    async def one_model(name: str) -> None:
        await _build(services, pages, Place(view="card", subject=name))


MODELS = PageEntry(name="models", word="Models", path="/models", icon="box", register=_register)


async def _build(services: Services, pages: Sequence[PageEntry], place: Place) -> None:
    frame = build_frame("models", pages, ENTRIES)
    view = _draw(services, frame)
    frame.commands.register(library_commands(view))
    frame.commands.register(view.find.commands())
    frame.commands.register(view.downloads.commands())
    await view.chips.refresh()
    await view.start(place)
    ui.timer(REFRESH_EVERY_S, view.refresh)
    ui.context.client.on_delete(view.leave)


def _draw(services: Services, frame: Frame) -> ModelsView:
    with Element("div").classes("models").props("id=hearth-main") as main:
        downloads_region = Region(tag="section").classes("models-downloads")
        with Element("div").classes("models-table-view"):
            head = Region().classes("models-head")
            table = Region().classes("models-scroll")
        with Element("article").classes("models-card-view"), Element("div").classes("card-page"):
            card_head = Region(tag="header").classes("card-head")
            card_body = Region().classes("card-body")
            card_template = Region().classes("card-body")
        with Element("div").classes("models-find-view"):
            form = Region().classes("models-head")
            results = Region().classes("models-scroll")
    downloads = DownloadsView(
        jobs=services.jobs,
        region=downloads_region,
        say=frame.say,
        on_arrival=lambda: view.read(),
    )
    find = FindView(
        hub=services.hub,
        form=form,
        results=results,
        pulling=lambda: downloads.running,
        entries=lambda: view.entries or (),
        free_bytes=lambda: view.free_bytes,
        say=frame.say,
    )
    view = ModelsView(
        services=services,
        frame=frame,
        client=ui.context.client,
        chips=Chips(services, frame),
        main=main,
        head=head,
        table=table,
        card_head=card_head,
        card_body=card_body,
        card_template=card_template,
        find=find,
        downloads=downloads,
    )
    return view
