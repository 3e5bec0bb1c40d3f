"""Turn what a database driver says into a StoreError: what failed, why, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hearth.errors import StoreError

BUSY_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A kind of failure, known by the start of SQLite's name for it."""

    name: str
    reason: str
    hint: str
    http_status: int = 507


# SQLite's extended names begin with the primary one: SQLITE_READONLY_DIRECTORY, SQLITE_IOERR_WRITE.
FAILURES = (
    Failure(
        "SQLITE_FULL",
        "the disk is full",
        "Free some space and try again; nothing that was saved before is lost.",
    ),
    Failure(
        "SQLITE_READONLY",
        "the database, or the folder it lies in, cannot be written",
        "Give yourself write permission there, or set HEARTH_HOME to a folder you own.",
    ),
    Failure(
        "SQLITE_BUSY",
        f"another program has kept the database locked for more than {BUSY_TIMEOUT_S:.0f} s",
        "Wait for it to finish, or close it, and try again.",
        503,
    ),
    Failure(
        "SQLITE_CANTOPEN",
        "the file cannot be opened",
        "Check that the folder exists and that you may read and write in it.",
    ),
    Failure(
        "SQLITE_CORRUPT",
        "the file is damaged",
        "Move it away and put the newest file of the `backups` folder beside it in its place, or "
        "save what is readable with `sqlite3 FILE .recover`.",
    ),
    Failure(
        "SQLITE_NOTADB",
        "the file is not a database",
        "Move it away; Hearth then starts with an empty one.",
    ),
    Failure(
        "SQLITE_IOERR",
        "the disk reports an error",
        "Check the disk and its connection; nothing that was saved before is lost.",
    ),
)


@contextmanager
def explained(doing: str, place: str) -> Iterator[None]:
    """Raise driver and disk errors as a StoreError that names what was being done, and where.

    Args:
        doing: What fails if this fails, as a verb phrase: "save the answer".
        place: The file or address of the database, without secrets.
    """
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, OSError) as error:
        raise explain(error, doing, place) from error


def explain(error: Exception, doing: str, place: str) -> StoreError:
    """Build the StoreError for an error of the driver or of the operating system."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", "")
    for failure in FAILURES:
        if name.startswith(failure.name):
            return StoreError(
                f"Could not {doing}: {failure.reason} ({place}).",
                hint=failure.hint,
                http_status=failure.http_status,
            )
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else cause
    return StoreError(f"Could not {doing}: {reason} ({place}).")
