"""Which steps of the guide's paths are done, and since when.

Everything here is synchronous and safe to call from several threads and processes at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from hearth.store.database import Database
from hearth.store.tables import guide_steps


class DoneSteps:
    """The done steps of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    def mark(self, path: str, step: str) -> None:
        """Note that a step is done; one that was done before keeps its date."""
        with self._database.write("note a step of the guide") as connection:
            own = (guide_steps.c.path == path) & (guide_steps.c.step == step)
            if connection.scalar(select(guide_steps.c.path).where(own)) is None:
                values = {"path": path, "step": step, "done_at": datetime.now(UTC)}
                connection.execute(insert(guide_steps).values(values))

    def unmark(self, path: str, step: str | None = None) -> None:
        """Forget that a step is done; all steps of the path where none is named."""
        own = guide_steps.c.path == path
        if step is not None:
            own = own & (guide_steps.c.step == step)
        with self._database.write("forget a step of the guide") as connection:
            connection.execute(delete(guide_steps).where(own))

    def of(self, path: str) -> Mapping[str, datetime]:
        """Return when each done step of a path was done, by the step's id."""
        query = select(guide_steps.c.step, guide_steps.c.done_at).where(guide_steps.c.path == path)
        with self._database.read("read the steps of the guide") as connection:
            return {row.step: row.done_at for row in connection.execute(query)}
