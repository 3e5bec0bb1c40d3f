"""Bring a database to the newest schema, or refuse one that is newer than this Hearth.

The migrations are the files in `migrations/versions`; a revision is named by the digits that its
file name starts with. Each upgrade runs in one transaction, so that it happens whole or not at
all, and two programs that start at once upgrade once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from hearth.errors import StoreError


@dataclass(frozen=True, slots=True)
class Schema:
    """A line of migrations, oldest first."""

    folder: Path = Path(__file__).parent / "migrations"

    @property
    def revisions(self) -> tuple[str, ...]:
        """Names of all revisions, oldest first."""
        files = (self.folder / "versions").glob("[0-9]*_*.py")
        return tuple(sorted(file.name.split("_")[0] for file in files))

    @property
    def newest(self) -> str:
        """Name of the newest revision."""
        return self.revisions[-1]


def current_revision(connection: Connection) -> str | None:
    """Return the revision of a database, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def refuse_newer(revision: str | None, schema: Schema, place: str) -> None:
    """Raise StoreError if a database was written by a newer Hearth."""
    if revision is not None and revision not in schema.revisions:
        raise StoreError(
            f"The database {place} has schema {revision}; this Hearth knows schemas up to "
            f"{schema.newest}. It was left untouched.",
            hint="Install the newest Hearth (`pip install -U hearth-llm`), or set HEARTH_HOME to "
            "another folder to start afresh.",
        )


def upgrade(connection: Connection, schema: Schema, back_up: Callable[[str], object]) -> None:
    """Apply the missing migrations within the connection's transaction.

    Args:
        connection: Has begun a transaction that holds the write lock; foreign keys are not
            enforced on it, because rebuilding a table would otherwise delete what refers to it.
        schema: The migrations.
        back_up: Called with the present revision before anything is changed, unless the database
            is empty.
    """
    revision = current_revision(connection)
    if revision == schema.newest:
        return
    if revision is not None:
        back_up(revision)
    _run_migrations(connection, schema)
    if connection.dialect.name == "sqlite":
        _check_references(connection)


def _run_migrations(connection: Connection, schema: Schema) -> None:
    # Imported here: alembic is only needed on the rare start that changes the schema.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(schema.folder).replace("%", "%%"))
    command.upgrade(config, "head")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise StoreError(
            f"The upgrade of the database would leave {len(broken)} rows without what they refer "
            "to; it was undone.",
            hint="Keep using the previous version of Hearth, and report this.",
        )
