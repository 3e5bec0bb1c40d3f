"""How far somebody is on the paths: kept in the database, told path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hearth.config import Config, ensure_home
from hearth.guide.paths.path import Path, Step
from hearth.guide.paths.reading import find_path, paths
from hearth.store.database import Database, open_database
from hearth.store.guide_steps import DoneSteps


@dataclass(frozen=True, slots=True, kw_only=True)
class PathProgress:
    """A path and how far it is gone.

    Args:
        done: When each done step was done, by its id; of steps that the path has.
    """

    path: Path
    done: Mapping[str, datetime]

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done; None where all are."""
        return next((step for step in self.path.steps if step.id not in self.done), None)

    def as_data(self) -> dict[str, Any]:
        """Return both as plain data, the times in ISO 8601."""
        done = {step: moment.isoformat() for step, moment in self.done.items()}
        next_id = self.next_step.id if self.next_step else None
        return {**self.path.as_data(), "done": done, "next": next_id}


class Progress:
    """The progress that a database keeps. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._steps = DoneSteps(database)

    def all(self) -> tuple[PathProgress, ...]:
        """Return every path with its progress."""
        return tuple(self._of(path) for path in paths())

    def of(self, path_id: str) -> PathProgress:
        """Return one path with its progress; NotFound if there is none."""
        return self._of(find_path(path_id))

    def mark(self, path_id: str, step_id: str) -> PathProgress:
        """Note that a step is done, named by its id or number; NotFound if there is none."""
        path = find_path(path_id)
        self._steps.mark(path.id, path.step(step_id).id)
        return self._of(path)

    def unmark(self, path_id: str, step_id: str) -> PathProgress:
        """Forget that a step is done; NotFound if there is none."""
        path = find_path(path_id)
        self._steps.unmark(path.id, path.step(step_id).id)
        return self._of(path)

    def restart(self, path_id: str) -> PathProgress:
        """Forget all done steps of a path; NotFound if there is none."""
        path = find_path(path_id)
        self._steps.unmark(path.id)
        return self._of(path)

    def _of(self, path: Path) -> PathProgress:
        kept = self._steps.of(path.id)
        done = {step.id: kept[step.id] for step in path.steps if step.id in kept}
        return PathProgress(path=path, done=done)


@contextmanager
def open_progress(config: Config) -> Iterator[Progress]:
    """Open the progress that Hearth's home keeps.

    Raises:
        SetupError: Hearth's home cannot be written.
        StoreError: The database cannot be used.
    """
    ensure_home(config)
    with closing(open_database(config)) as database:
        yield Progress(database)
