"""The command line's way to the engine: a running server if there is one, else a private worker."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from hearth.cli import console
from hearth.core import LoadOptions, ModelStatus
from hearth.errors import SetupError

if TYPE_CHECKING:
    from hearth.config import Config
    from hearth.engine.client import Engine


def settings(**overrides: Any) -> Config:
    """Read the settings; options of the command line win, None means "not given"."""
    from hearth.config import load_config

    return load_config(**overrides)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's asynchronous part to its end."""
    import asyncio

    asyncio.run(work)


@asynccontextmanager
async def engine(config: Config) -> AsyncIterator[Engine]:
    """Open the engine for one command and close it whatever happens."""
    from hearth.config import ensure_home
    from hearth.engine.connect import connect

    ensure_home(config)
    opened = await connect(config)
    try:
        yield opened
    finally:
        await opened.close()


async def has_server(config: Config) -> bool:
    """Return whether a Hearth server runs for this home."""
    from hearth.engine.connect import find_server

    return await find_server(config) is not None


async def require_server(config: Config) -> None:
    """Refuse to go on where no server runs.

    Raises:
        SetupError: No server runs, so that nothing would keep a model in memory.
    """
    if not await has_server(config):
        raise SetupError(
            "No Hearth server is running, so nothing keeps models in memory.",
            hint="Start one with `hearth up`; `hearth run` and `hearth chat` load by themselves.",
        )


async def load(engine: Engine, model: str, options: LoadOptions | None = None) -> ModelStatus:
    """Load a model; on a terminal, show on stderr how far it is."""
    if not sys.stderr.isatty():
        return await engine.load(model, options)
    name = console.literal(model)
    with console.err().status(f"Loading {name}") as shown:

        def progressed(part: float) -> None:
            shown.update(f"Loading {name}: {part:.0%}")

        return await engine.load(model, options, progressed)
