"""`hearth up` and `hearth serve`: start everything in order, stop everything in order.

The port is taken first, so that whoever connects early waits instead of failing; the slow imports
come next; the default model loads in the background while the page already opens.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from functools import partial
from typing import TYPE_CHECKING

import hearth
from hearth.config import Config, ensure_home
from hearth.engine.client import Engine
from hearth.engine.local import LocalEngine
from hearth.engine.server_info import ServerInfo, remove_server_info, write_server_info
from hearth.errors import HearthError
from hearth.house.claims import listening_socket, only_server, server_url
from hearth.house.log import log_to
from hearth.house.server import Server
from hearth.jobs import Jobs, open_jobs
from hearth.models.library import STARTER_NAME
from hearth.serve.app import create_api
from hearth.serve.keys import check_exposure
from hearth.store.database import Database, open_database
from hearth.store.predictions import Predictions

if TYPE_CHECKING:
    from fastapi import FastAPI

WANTED_OPEN_FILES = 8192


def run(config: Config, *, web: bool, open_browser: bool) -> None:
    """Serve until a signal ends it: the first one drains for a while, the second ends at once.

    Args:
        config: Settings; `config.model` is loaded while the server starts.
        web: Whether the pages are served besides the API.
        open_browser: Whether to show the page in this machine's browser.

    Raises:
        SetupError: Another server runs in this home, the port cannot be used, the home cannot be
            written, or the host needs a key.
        StoreError: The database cannot be opened.
    """
    check_exposure(config)
    ensure_home(config)
    with only_server(config), listening_socket(config) as listener:
        log_to(config.logs_dir / "server.log")
        _allow_many_connections()
        asyncio.run(_serve(config, listener, web=web, open_browser=open_browser))


async def _serve(config: Config, listener: socket.socket, *, web: bool, open_browser: bool) -> None:
    token = secrets.token_urlsafe(32)
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        async with _engine(config) as engine:
            app = create_api(
                engine,
                config,
                local_token=token,
                jobs=jobs,
                predictions=Predictions(database),
                database=database,
            )
            if web:
                _add_pages(app, engine, database, jobs, config)
            announce = partial(_announce, config, token, open_browser=open_browser)
            try:
                await Server(app, config, announce, jobs.interrupt).serve(sockets=[listener])
            finally:
                remove_server_info(config.server_info_path)


@asynccontextmanager
async def _engine(config: Config) -> AsyncGenerator[Engine, None]:
    """Own the engine, and begin to load the default model."""
    engine = LocalEngine(config)
    preload = asyncio.create_task(_preload(engine, config))
    try:
        yield engine
    finally:
        preload.cancel()
        await asyncio.gather(preload, return_exceptions=True)
        await engine.close()


async def _preload(engine: Engine, config: Config) -> None:
    model = config.model
    try:
        await engine.load(model)
    except HearthError as error:  # whoever asks for the model is told again
        _say(f"The model {model!r} is not loaded: {error.message} {error.hint or ''}".strip())
        return
    if model == STARTER_NAME and not config.tunings_dir.is_dir():
        _say(
            "`hearth tune starter --apply` finds out, in minutes, how this machine runs it faster."
        )


def _add_pages(
    app: FastAPI, engine: Engine, database: Database, jobs: Jobs, config: Config
) -> None:
    from hearth.web.app import mount

    mount(app, engine, database, jobs, config)


def _announce(config: Config, token: str, *, open_browser: bool) -> None:
    """Say where the server is, now that it answers."""
    url = server_url(config)
    info = ServerInfo(pid=os.getpid(), url=url, token=token, version=hearth.__version__)
    write_server_info(config.server_info_path, info)
    _say(f"Hearth is at {url} (Ctrl-C ends it).")
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _allow_many_connections() -> None:
    """Raise the limit of open files as far as this user may: each connection is one."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_OPEN_FILES if hard == resource.RLIM_INFINITY else min(WANTED_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
