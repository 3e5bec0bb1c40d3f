"""The database behind the store: opened, checked, brought to the newest schema.

SQLite in WAL mode is the default: readers never wait for the writer. `synchronous=FULL` makes each
commit wait for the disk, so that what a person typed survives a power cut; an answer that streams
commits about twice a second, which any disk can do, so it gets the same care.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from hearth.config import Config
from hearth.errors import SetupError
from hearth.store import sqlite_file
from hearth.store.failures import BUSY_TIMEOUT_S, explained
from hearth.store.schema import Schema, current_revision, refuse_newer, upgrade


class Database:
    """An open database at the newest schema; safe to use from several threads at once."""

    def __init__(self, engine: Engine, place: str) -> None:
        """Hold an engine; `place` is how people know the database. See `open_database`."""
        self._engine = engine
        self.place = place

    def read(self, doing: str) -> AbstractContextManager[Connection]:
        """Begin a transaction that sees one state of the database; `doing` names it in errors."""
        return _transaction(self._engine, doing, self.place, write=False)

    def write(self, doing: str) -> AbstractContextManager[Connection]:
        """Begin a transaction that holds the write lock; it commits at the end, or not at all."""
        return _transaction(self._engine, doing, self.place, write=True)

    def give_back_space(self) -> None:
        """Return the space of deleted rows to the disk and leave no trace of them in the log."""
        if self._engine.dialect.name != "sqlite":
            return
        with explained("shrink the database", self.place), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA incremental_vacuum").fetchall()
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_database(config: Config, schema: Schema | None = None) -> Database:
    """Open the database that the settings name, making or upgrading it where needed.

    Args:
        config: Names the database.
        schema: The migrations; default: Hearth's own.

    Raises:
        SetupError: `database_url` cannot be used.
        StoreError: It is damaged, read-only, locked, on a full disk, or of a newer Hearth.
    """
    schema = schema or Schema()
    url = _database_url(config)
    place = url.render_as_string(hide_password=True)
    back_up: Callable[[str], object] = _no_backup
    if url.get_backend_name() == "sqlite":
        path = _sqlite_path(url)
        place = str(path)
        sqlite_file.prepare(path)
        refuse_newer(sqlite_file.read_revision(path), schema, place)
        sqlite_file.check(path)
        back_up = partial(sqlite_file.back_up, path)
    _bring_up_to_date(url, schema, place, back_up)
    return Database(_make_engine(url), place)


def _database_url(config: Config) -> URL:
    if config.database_url is None:
        return URL.create("sqlite", database=str(config.database_path))
    try:
        return make_url(config.database_url)
    except ArgumentError as error:
        raise SetupError(
            "The setting 'database_url' is not an SQLAlchemy URL.",
            hint="For example: postgresql+psycopg://name@host/hearth",
        ) from error


def _sqlite_path(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SetupError(
            f"The setting 'database_url' names no file: {url}.",
            hint="For example: sqlite:////home/me/hearth.db",
        )
    return Path(url.database).absolute()


def _bring_up_to_date(
    url: URL, schema: Schema, place: str, back_up: Callable[[str], object]
) -> None:
    engine = _make_engine(url, foreign_keys=False)
    try:
        with _transaction(engine, "read the database", place, write=False) as connection:
            revision = current_revision(connection)
        refuse_newer(revision, schema, place)
        if revision != schema.newest:
            with _transaction(engine, "upgrade the database", place, write=True) as connection:
                upgrade(connection, schema, back_up)
    finally:
        engine.dispose()


def _no_backup(revision: str) -> None:
    """A database server has backups of its own."""


def _make_engine(url: URL, *, foreign_keys: bool = True) -> Engine:
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise SetupError(
            f"The database driver for {url.drivername!r} is not installed: {error}.",
            hint="Install it beside Hearth, for example: pip install 'psycopg[binary]'",
        ) from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", partial(_set_up_sqlite, foreign_keys=foreign_keys))
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object, *, foreign_keys: bool) -> None:
    connection.isolation_level = None  # BEGIN is ours to say: see _begin_sqlite
    # SQLite's own lower() folds ASCII only, and a search must find "Über" by "über".
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}",
        "auto_vacuum = INCREMENTAL",  # takes effect while the file is still empty
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",  # what is purged is overwritten
        f"foreign_keys = {int(foreign_keys)}",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE: a writer waits for its turn here, and not in the middle, where SQLite would have
    # to refuse it.
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _transaction(engine: Engine, doing: str, place: str, *, write: bool) -> Iterator[Connection]:
    with (
        explained(doing, place),
        engine.connect().execution_options(write=write) as connection,
        connection.begin(),
    ):
        yield connection
