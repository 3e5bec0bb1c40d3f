"""Models that are being loaded because somebody pressed a button: they load on when one leaves."""

from __future__ import annotations

import asyncio

from hearth.core import LoadOptions
from hearth.engine.client import Engine


class Loads:
    """Owns the loads that pages have begun, at most one for each model.

    Args:
        engine: Loads the models; how far each is, its status tells.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: dict[str, asyncio.Task[None]] = {}

    async def load(self, name: str, options: LoadOptions | None = None) -> None:
        """Load a model and wait for it; the load itself outlives whoever waits.

        Args:
            name: The model.
            options: What was asked of the load; one that goes on already stays as it was begun.

        Raises:
            HearthError: It cannot be loaded.
        """
        task = self._running.get(name)
        if task is None:
            task = asyncio.create_task(self._load(name, options), name=f"load {name}")
            self._running[name] = task
        await asyncio.shield(task)

    async def close(self) -> None:
        """Give up every load."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(self, name: str, options: LoadOptions | None) -> None:
        try:
            await self._engine.load(name, options)
        finally:
            del self._running[name]
