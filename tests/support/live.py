"""A real server on a real socket, for tests that need connections and not just requests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.house.server import Server
from hearth.serve.app import create_api
from hearth.serve.limits import Patience

TOKEN = "the-local-token-of-a-test"


def make_config(home: Path, **settings: object) -> Config:
    """Return settings for one test, whose models folder has an entry named "fake"."""
    config = Config(home=home, **settings)
    config.models_dir.mkdir(parents=True, exist_ok=True)
    (config.models_dir / "fake.gguf").touch()
    return config


def make_app(engine: Engine, home: Path, **settings: object) -> FastAPI:
    """Return the API over an engine."""
    return create_api(engine, make_config(home, **settings), local_token=TOKEN)


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    """Return a client that calls an app without a socket in between."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


@asynccontextmanager
async def live(
    app: FastAPI, config: Config, patience: Patience | None = None
) -> AsyncGenerator[str, None]:
    """Serve an app on a free port of this machine, and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    listener.setblocking(False)
    ready = asyncio.Event()
    server = _QuietServer(app, config, ready.set, lambda: None, patience)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait_for(ready.wait(), 60)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.config.timeout_graceful_shutdown = 0
        server.should_exit = True
        await serving


class _QuietServer(Server):
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to pytest."""
        yield


async def until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Wait for a condition that something else brings about."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.01)
