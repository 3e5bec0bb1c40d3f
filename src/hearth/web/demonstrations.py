"""Demonstrations that the Guide page shows: one runs at a time, and each stays until run again."""

from __future__ import annotations

import asyncio

from hearth.guide.demonstrations import Demonstration, Surroundings, run


class Demonstrations:
    """Runs demonstrations for all pages, and remembers what they showed.

    Args:
        surroundings: Where they run.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._shown: dict[str, Demonstration] = {}
        self._lock = asyncio.Lock()

    def last(self, name: str) -> Demonstration | None:
        """Return what a demonstration showed last, since the program was started."""
        return self._shown.get(name)

    async def run(self, name: str) -> Demonstration:
        """Run a demonstration, after those that were asked for before.

        Args:
            name: One of `hearth.guide.demonstrations.names()`.

        Raises:
            HearthError: What it needs is not there.
        """
        async with self._lock:
            self._shown[name] = found = await run(name, self._surroundings)
        return found
