"""Mount the web face into a FastAPI app: pages and local assets.

Everything a page needs comes from this server; no address of another host is in it. Who may ask,
and the headers that keep a page to itself, are the business of the server around it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

import hearth
from hearth.chat.session import ChatSession
from hearth.config import Config
from hearth.engine.client import Engine
from hearth.guide.demonstrations import Surroundings
from hearth.guide.paths import Progress
from hearth.jobs import Jobs
from hearth.measure.evidence import Ledger
from hearth.models.hub import Hub, hub_settings
from hearth.models.library import Library
from hearth.store.conversations import Conversations
from hearth.store.database import Database
from hearth.store.predictions import Predictions
from hearth.web.answers import Answers
from hearth.web.arenas import Arenas
from hearth.web.demonstrations import Demonstrations
from hearth.web.loads import Loads
from hearth.web.local_models import LocalModels
from hearth.web.pages import PAGES
from hearth.web.services import Services
from hearth.web.theme import css_variables

STYLES = (
    "base",
    "frame",
    "thread",
    "composer",
    "panels",
    "code",
    "models",
    "views",
    "machine",
    "timeline",
    "measure",
    "arena",
    "guide",
    "demonstration",
)
ASSETS = f"/_hearth/{hearth.__version__}"


def mount(
    app: FastAPI,
    engine: Engine,
    database: Database,
    jobs: Jobs,
    config: Config,
) -> None:
    """Add the web pages to an app; call it last, as they answer at every address that is left.

    Args:
        app: The server's app; its guard answers for who may ask.
        engine: Answers the questions; the app's owner closes it.
        database: Where everything is kept; the app's owner closes it.
        jobs: Long work, which goes on when a page is left; the app's owner closes it.
        config: The model of a new conversation, and where models are looked for.
    """
    answers, loads, conversations = Answers(), Loads(engine), Conversations(database)
    library = Library(config)
    services = Services(
        engine=engine,
        conversations=conversations,
        predictions=Predictions(database),
        ledger=Ledger(database),
        session=ChatSession(engine, conversations, owner="web"),
        answers=answers,
        jobs=jobs,
        loads=loads,
        arenas=Arenas(config=config, engine=engine, database=database),
        demonstrations=Demonstrations(
            Surroundings(config=config, engine=engine, model=config.model)
        ),
        progress=Progress(database),
        library=library,
        shelf=LocalModels(library),
        hub=Hub(hub_settings()),
        config=config,
    )
    static = Path(str(files("hearth.web").joinpath("static")))
    nicegui_app.add_static_files(ASSETS, static)
    ui.add_head_html(_head(static), shared=True)
    ui.add_body_html((static / "icons.svg").read_text(encoding="utf-8"), shared=True)
    for page in PAGES:
        page.register(services, PAGES)
    # Quasar's bar over the page would say that something loads whenever the socket polls.
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run_with(
        app,
        title="Hearth",
        favicon=static / "favicon.svg",
        language="en-US",
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=20.0,
        show_welcome_message=False,
    )
    _close_with(app, answers, loads)


def _head(static: Path) -> str:
    boot = (static / "boot.js").read_text(encoding="utf-8")
    sheets = "".join(f'<link rel="stylesheet" href="{ASSETS}/{name}.css">' for name in STYLES)
    return (
        f"<script>{{{boot}}}</script><style>{css_variables()}</style>{sheets}"
        f'<script type="module" src="{ASSETS}/main.js"></script>'
        '<meta name="referrer" content="no-referrer">'
    )


def _close_with(app: FastAPI, answers: Answers, loads: Loads) -> None:
    """Stop what pages have begun when the app ends."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with inner(running) as state:
            try:
                yield state
            finally:
                await answers.close()
                await loads.close()

    app.router.lifespan_context = lifespan
