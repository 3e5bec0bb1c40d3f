"""The SQLite file itself: made private, checked before use, copied before an upgrade."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hearth.errors import StoreError
from hearth.store.failures import BUSY_TIMEOUT_S, explained

BACKUPS_KEPT = 5


def prepare(path: Path) -> None:
    """Make the file if there is none; only its owner may read it (SQLite's side files follow).

    A file that is there is not opened: closing it again would let go of all locks that this process
    holds on it, and whoever closes it next elsewhere would take the log away under us
    (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    """
    with explained("open the database", str(path)):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from None
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def read_revision(path: Path) -> str | None:
    """Return the schema revision of a file without changing the file; None for an empty one."""
    with explained("read the database", str(path)), closing(_connect_read_only(path)) as connection:
        if not connection.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
        ).fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def check(path: Path) -> None:
    """Look for damage in a database file.

    Raises:
        StoreError: The file is damaged or no database; the first problems are named.
    """
    with explained("read the database", str(path)), closing(_connect_read_only(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise StoreError(
            f"The database {path} is damaged: {'; '.join(found)}.",
            hint="Move it away and put the newest file of the `backups` folder beside it in its "
            "place, or save what is readable with `sqlite3 FILE .recover`.",
        )


def back_up(path: Path, revision: str) -> Path:
    """Copy the database into the `backups` folder beside it; the newest five copies are kept.

    SQLite's own backup reads a consistent state while others use the database.
    """
    folder = path.parent / "backups"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"{path.stem}-{stamp}-schema-{revision}.db"
    partial = target.with_suffix(".partial")
    with explained("back up the database before its upgrade", str(folder)):
        folder.mkdir(mode=0o700, exist_ok=True)
        try:
            _copy(path, partial)
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        _drop_oldest(folder, path.stem)
    return target


def _connect_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)


def _copy(path: Path, target: Path) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(_connect_read_only(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop_oldest(folder: Path, stem: str) -> None:
    # The time stamp follows the stem, so the order of names is the order of making.
    for old in sorted(folder.glob(f"{stem}-*-schema-*.db"))[:-BACKUPS_KEPT]:
        old.unlink()
