"""What is known of model files, kept in Hearth's database.

All of it but two things (where Hearth got a file from, and when a model was used) can be read from
the files again, so that the index may be lost, or fail, without harm: where the database cannot be
opened, what is known is kept in memory only. A row holds for one size and time of change; a file
that was replaced is a stranger.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from hearth.config import Config
from hearth.errors import HearthError
from hearth.models.library.facts import FACTS_VERSION, Facts
from hearth.models.sources.location import ModelFile

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from hearth.store.database import Database

ROWS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file as it was when it was last looked at.

    Args:
        sha256: Of all its bytes, as computed here at `hashed_at`; None until then.
        problem: What its last verification found.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    identity: str
    sha256: str | None = None
    hashed_at: datetime | None = None
    problem: str | None = None

    def describes(self, file: ModelFile) -> bool:
        """Say whether the file is still the one that was looked at."""
        return (self.size_bytes, self.mtime_ns) == (file.size_bytes, file.mtime_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where Hearth itself got a file from.

    Args:
        reference: A spelling that fetches it again.
        sha256: What its source says the bytes hash to.
    """

    path: str
    reference: str
    sha256: str | None = None


@dataclass(slots=True)
class Knowledge:
    """Everything in the index, by path and by identity."""

    files: dict[str, KnownFile]
    origins: dict[str, Origin]
    facts: dict[str, Facts]
    last_used: dict[str, datetime]


class Index:
    """The index of one home; safe to use from several threads at once.

    Args:
        config: Names the database.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._opened: Database | None = None
        self._memory = Knowledge({}, {}, {}, {})

    def knowledge(self) -> Knowledge:
        """Return what is known now."""
        database = self._database()
        if database is not None:
            # Where it cannot be read, what is in memory still holds.
            with suppress(HearthError), database.read("read the index of models") as connection:
                self._memory = _load(connection)
        known = self._memory
        return Knowledge(
            dict(known.files), dict(known.origins), dict(known.facts), dict(known.last_used)
        )

    def note_files(self, files: Sequence[KnownFile]) -> None:
        """Note files, in place of what was known of their paths."""
        self._memory.files |= {file.path: file for file in files}
        self._replace("model_files", [_columns(file) for file in files])

    def note_origin(self, origin: Origin) -> None:
        """Note where a file came from."""
        self._memory.origins[origin.path] = origin
        self._replace("model_origins", [_columns(origin)])

    def note_facts(self, facts: dict[str, Facts]) -> None:
        """Note what models are, by identity."""
        self._memory.facts |= facts
        self._merge_models(
            {
                identity: {
                    "facts_version": FACTS_VERSION,
                    "facts": msgspec.json.encode(each).decode(),
                }
                for identity, each in facts.items()
            }
        )

    def note_use(self, identity: str) -> None:
        """Note that a model is used now."""
        now = datetime.now(UTC)
        self._memory.last_used[identity] = now
        self._merge_models({identity: {"last_used_at": now}})

    def forget(self, paths: Iterable[str]) -> None:
        """Forget files that are gone."""
        listed = list(paths)
        for path in listed:
            self._memory.files.pop(path, None)
            self._memory.origins.pop(path, None)
        for table in ("model_files", "model_origins"):
            self._replace(table, [], also_drop=listed)

    # -- the database --

    def _database(self) -> Database | None:
        """Return the open database; None where there is none that can be used."""
        with self._lock:
            if self._opened is None and self._config.home.is_dir():
                from hearth.store.database import open_database

                try:
                    self._opened = open_database(self._config)
                except HearthError:
                    return None  # whoever needs the database itself says what is wrong
                weakref.finalize(self, self._opened.close)
            return self._opened

    def _merge_models(self, changes: dict[str, dict[str, object]]) -> None:
        """Change some columns of models, by identity; what else is known of them stays."""
        database = self._database()
        if database is None or not changes:
            return
        from sqlalchemy import insert, update

        from hearth.store.tables import models

        # Noted is only what can be read again, so that a disk that refuses it is no error here.
        with suppress(HearthError), database.write("note models in the index") as connection:
            for identity, columns in changes.items():
                row = models.c.identity == identity
                changed = connection.execute(update(models).where(row).values(**columns))
                if not changed.rowcount:
                    new = {"facts_version": 0, "identity": identity, **columns}
                    connection.execute(insert(models).values(**new))

    def _replace(
        self, table: str, rows: list[dict[str, object]], also_drop: Sequence[str] = ()
    ) -> None:
        """Write rows in place of those of the same paths."""
        database = self._database()
        drop = [*(str(row["path"]) for row in rows), *also_drop]
        if database is None or not drop:
            return
        from sqlalchemy import delete, insert

        from hearth.store.tables import metadata

        target = metadata.tables[table]
        with suppress(HearthError), database.write("note models in the index") as connection:
            for start in range(0, len(drop), ROWS_PER_STATEMENT):
                keys = drop[start : start + ROWS_PER_STATEMENT]
                connection.execute(delete(target).where(target.c.path.in_(keys)))
            if rows:
                connection.execute(insert(target), rows)


def _load(connection: Connection) -> Knowledge:
    from sqlalchemy import select

    from hearth.store.tables import model_files, model_origins, models

    found = Knowledge({}, {}, {}, {})
    for row in connection.execute(select(model_files)):
        found.files[row.path] = KnownFile(**row._mapping)
    for row in connection.execute(select(model_origins)):
        found.origins[row.path] = Origin(**row._mapping)
    decode = msgspec.json.Decoder(Facts).decode
    for row in connection.execute(select(models)):
        if row.facts is not None and row.facts_version == FACTS_VERSION:
            found.facts[row.identity] = decode(row.facts)
        if row.last_used_at is not None:
            found.last_used[row.identity] = row.last_used_at
    return found


def _columns(row: KnownFile | Origin) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
