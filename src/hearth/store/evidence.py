"""Evidence on disk: rows that are only added, numbered one after another without a gap.

A row has the text that its digest is of; what the text means, `hearth.measure.evidence` knows.
Everything here is synchronous and safe to call from several threads and processes at once: who adds
a row holds the write lock from reading the chain's end to moving it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    func,
    insert,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import DBAPIError, NoResultFound

from hearth.store.database import Database
from hearth.store.tables import EPOCH, evidence, evidence_head

HEAD_ID = 1
ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """One record or card.

    Args:
        number: Place in the chain; None for a card.
        digest: SHA-256 of `text` in hexadecimal.
        kind: What was measured.
        made_at: When.
        text: The record.
        items: Text of its items; None where it has none, or where they were not asked for.
    """

    number: int | None
    digest: str
    kind: str
    made_at: datetime
    text: str
    items: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnd:
    """The last record of the chain.

    Args:
        number: How many there are.
        digest: Of the last; empty where there is none.
    """

    number: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row as it lies on disk, of which nothing is taken for granted.

    Args:
        number: As in `EvidenceRow`.
        row: What it holds; None where that cannot be read.
        has_items: Whether there are items, readable or not.
        problem: Why it cannot be read.
    """

    number: int | None
    row: EvidenceRow | None
    has_items: bool = False
    problem: str = ""


class EvidenceRows:
    """All evidence of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    @property
    def place(self) -> str:
        """How people know the database."""
        return self._database.place

    def append(self, make: Callable[[ChainEnd], EvidenceRow]) -> EvidenceRow:
        """Add a row at the end of the chain: wholly on disk when this returns, or not at all.

        Args:
            make: Makes the row that follows an end; called while nobody else can add one.
        """
        with self._database.write("keep the evidence") as connection:
            row = make(_end(connection, for_update=True))
            connection.execute(insert(evidence).values(**_columns(row)))
            _move_end(connection, ChainEnd(number=row.number or 0, digest=row.digest))
            return row

    def add_card(self, row: EvidenceRow) -> bool:
        """Add a row that came from elsewhere; False where its record is here already."""
        with self._database.write("keep the card") as connection:
            known = select(evidence.c.id).where(evidence.c.digest == row.digest)
            if connection.scalar(known) is not None:
                return False
            connection.execute(insert(evidence).values(**_columns(row)))
            return True

    def newest(
        self, *, kind: str | None = None, words: Sequence[str] = ()
    ) -> Generator[StoredRow, None, None]:
        """Yield rows without their items, the newest first.

        Args:
            kind: Only those of this kind.
            words: Only those whose texts have all of these somewhere, in any case of letters.
        """
        query = select(*_COLUMNS).order_by(evidence.c.id.desc())
        if kind is not None:
            query = query.where(evidence.c.kind == kind)
        for word in words:
            text = func.lower(evidence.c.text)
            query = query.where(text.contains(word.lower(), autoescape=True))
        with self._database.read("read the evidence") as connection:
            rows = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
            for row in rows:
                yield _stored(row, None)

    def starting_with(self, digest: str, limit: int) -> list[StoredRow]:
        """Return the rows, with their items, whose digests begin so."""
        query = select(*_COLUMNS, evidence.c["items"]).order_by(evidence.c.id).limit(limit)
        query = query.where(evidence.c.digest.startswith(digest, autoescape=True))
        with self._database.read("read the evidence") as connection:
            return [_stored(row, row.items) for row in connection.execute(query)]

    def kinds(self) -> list[str]:
        """Return the kinds of evidence that there are, in alphabetical order."""
        query = select(evidence.c.kind).distinct().order_by(evidence.c.kind)
        with self._database.read("read the evidence") as connection:
            return list(connection.scalars(query))

    @contextmanager
    def snapshot(self) -> Iterator[tuple[Iterator[StoredRow], ChainEnd]]:
        """Read every row, the chain in order and then the cards, and where the chain is to end.

        Both are of one moment: what others add meanwhile is not seen.
        """
        order = (evidence.c.number.is_(None), evidence.c.number, evidence.c.id)
        with self._database.read("check the evidence") as connection:
            places = connection.execute(select(evidence.c.id, evidence.c.number).order_by(*order))
            rows = (_read_one(connection, row_id, number) for row_id, number in places.all())
            yield rows, _end(connection)


# The time is read as the number it is: a damaged one may lie outside of any calendar.
_COLUMNS: tuple[ColumnElement[Any], ...] = (
    evidence.c.number,
    evidence.c.digest,
    evidence.c.kind,
    type_coerce(evidence.c.made_at, BigInteger).label("made_at_us"),
    evidence.c.text,
)


def _read_one(connection: Connection, row_id: int, number: int | None) -> StoredRow:
    """Read a row by itself, so that one that cannot be read hides no other."""
    query = select(*_COLUMNS, evidence.c["items"]).where(evidence.c.id == row_id)
    try:
        row = connection.execute(query).one()
    except (DBAPIError, NoResultFound) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        return StoredRow(number=number, row=None, problem=f"it cannot be read: {cause}")
    return _stored(row, row.items)


def _end(connection: Connection, *, for_update: bool = False) -> ChainEnd:
    query = select(evidence_head.c.number, evidence_head.c.digest)
    if for_update:  # SQLite holds the lock already
        query = query.with_for_update()
    row = connection.execute(query.where(evidence_head.c.id == HEAD_ID)).first()
    return ChainEnd() if row is None else ChainEnd(number=row.number, digest=row.digest)


def _move_end(connection: Connection, end: ChainEnd) -> None:
    values = {"number": end.number, "digest": end.digest}
    own = evidence_head.c.id == HEAD_ID
    if connection.execute(update(evidence_head).where(own).values(values)).rowcount == 0:
        connection.execute(insert(evidence_head).values(id=HEAD_ID, **values))


def _columns(row: EvidenceRow) -> dict[str, object]:
    columns = {name: getattr(row, name) for name in row.__dataclass_fields__}
    columns["items"] = None if row.items is None else zlib.compress(row.items.encode())
    return columns


def _stored(row: Any, items: object) -> StoredRow:
    texts = (row.digest, row.kind, row.text)
    if not all(isinstance(text, str) for text in texts):
        return StoredRow(number=row.number, row=None, problem="a text of it is none any more")
    try:
        made_at = EPOCH + timedelta(microseconds=row.made_at_us)
    except (OverflowError, TypeError):
        return StoredRow(number=row.number, row=None, problem="its time is none any more")
    sound = EvidenceRow(
        number=row.number,
        digest=row.digest,
        kind=row.kind,
        made_at=made_at,
        text=row.text,
        items=_inflated(items),
    )
    return StoredRow(number=row.number, row=sound, has_items=items is not None)


def _inflated(data: object) -> str | None:
    try:
        return zlib.decompress(data).decode() if isinstance(data, bytes) else None
    except (zlib.error, UnicodeDecodeError):
        return None  # damaged: the record has a digest for it, and that is told
