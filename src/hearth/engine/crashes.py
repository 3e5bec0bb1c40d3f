"""How often the workers of each model died, so that one that always does is not started again."""

from __future__ import annotations

import time

from hearth.errors import LoadFailed
from hearth.models.library import ModelEntry

MAX_CRASHES = 3
WINDOW_S = 60.0


class Crashes:
    """Moments at which workers died, by their model's path."""

    def __init__(self) -> None:
        self._moments: dict[str, list[float]] = {}

    def note(self, path: str) -> None:
        """Take down that a worker has just died."""
        self._moments.setdefault(path, []).append(time.monotonic())

    def count(self, path: str) -> int:
        """Return how often a model's workers died since the program began."""
        return len(self._moments.get(path, []))

    def refuse_if_many(self, entry: ModelEntry) -> None:
        """Refuse a model whose workers die again and again.

        Raises:
            LoadFailed: They died too often within a minute.
        """
        now_s = time.monotonic()
        recent = [t for t in self._moments.get(str(entry.path), []) if now_s - t < WINDOW_S]
        if len(recent) >= MAX_CRASHES:
            raise LoadFailed(
                f"The worker of {entry.name} died {len(recent)} times within a minute; "
                f"it is not started again for {WINDOW_S - now_s + recent[0]:.0f} s.",
                hint="See `hearth doctor` and the worker's log in <home>/logs.",
            )
