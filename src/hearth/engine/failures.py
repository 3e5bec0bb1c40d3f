"""Which models could not be loaded, and why, until they are tried again."""

from __future__ import annotations

from hearth.core import ModelState, ModelStatus
from hearth.errors import HearthError
from hearth.models.library import ModelEntry


class Failures:
    """Loads that failed, by their model's path."""

    def __init__(self) -> None:
        self._statuses: dict[str, ModelStatus] = {}

    def note(self, entry: ModelEntry, error: HearthError) -> None:
        """Take down why a model could not be loaded."""
        self._statuses[str(entry.path)] = ModelStatus(
            name=entry.name,
            path=str(entry.path),
            state=ModelState.FAILED,
            progress=0.0,
            size_bytes=entry.size_bytes,
            error=f"{error.message} {error.hint or ''}".rstrip(),
        )

    def forget(self, path: str) -> None:
        """Drop what is noted of a model that is tried again or sent away."""
        self._statuses.pop(path, None)

    def statuses(self) -> list[ModelStatus]:
        """Return what is noted, the oldest first."""
        return list(self._statuses.values())
