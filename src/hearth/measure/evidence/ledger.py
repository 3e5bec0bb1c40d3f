"""The ledger: every measurement once, in a chain that shows whether one was changed or left out.

Each record's text holds the digest of the record before it, so that changing one changes what all
later ones should hold. The chain shows damage and careless hands; whoever rewrites the whole
database can make a whole new chain. Cards that were given away are the witnesses against that, and
only replaying shows that a record was true in the first place.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from hearth.config import Config, ensure_home
from hearth.errors import DiskFull, InvalidRequest, NotFound, StoreError
from hearth.measure.evidence.checking import Verification, row_problem, verify_rows
from hearth.measure.evidence.record import NO_RECORD, Draft, Record
from hearth.measure.evidence.text import (
    canonical,
    digest_of,
    items_text,
    read_record,
    record_text,
)
from hearth.store.database import Database, open_database
from hearth.store.evidence import ChainEnd, EvidenceRow, EvidenceRows, StoredRow

MIN_ID_CHARS = 4
LIST_LIMIT = 200
FREE_BYTES = 128 << 20  # more than the largest record takes, with its log

_DIGEST_START = re.compile(r"[0-9a-f]{4,64}")

Records = list[Record]  # inside the class, `list` is its method
Kinds = list[str]

logger = logging.getLogger(__name__)


class Ledger:
    """The evidence of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._rows = EvidenceRows(database)

    def add(self, draft: Draft) -> Record:
        """Take a measurement; when this returns, the record is wholly on disk.

        Raises:
            InvalidRequest: It is too large, or has a value that no record can hold.
            StoreError: It could not be written; nothing of it was.
        """
        items = items_text(draft)

        def follow(end: ChainEnd) -> EvidenceRow:
            number = end.number + 1
            text = record_text(draft, number, end.digest or NO_RECORD, items)
            return _row(read_record(text), text, items, number)

        row = self._rows.append(follow)
        return read_record(row.text, row.items)

    def add_card(self, text: str, items: str | None) -> tuple[Record, bool]:
        """Take a record from elsewhere, beside the chain.

        Args:
            text: The record's; see `hearth.measure.evidence.cards` for what checks it.
            items: The text of its items.

        Returns:
            The record, and whether it is new here.
        """
        record = read_record(text, items, is_card=True)
        return record, self._rows.add_card(_row(record, text, items, None))

    def list(
        self,
        *,
        kind: str | None = None,
        subject: str | None = None,
        text: str | None = None,
        limit: int = LIST_LIMIT,
        on_damage: Callable[[str], None] = logger.warning,
    ) -> Records:
        """Return records and cards without their items, the newest first.

        Args:
            kind: Only those of this kind.
            subject: Only those of a subject with this in its name, or with this digest or identity
                or the beginning of one.
            text: Only those in whose text all of these words stand.
            limit: Most records.
            on_damage: Told of each record that cannot be shown, because it was changed.
        """
        found: Records = []
        words = [_in_text(word) for word in (*(text or "").split(), subject or "") if word]
        with closing(self._rows.newest(kind=kind, words=words)) as rows:
            for stored in rows:
                if len(found) >= limit:
                    break
                problem = row_problem(stored, with_items=False)
                if problem is not None or stored.row is None:
                    on_damage(f"{_named(stored)} is not shown: {problem}")
                    continue
                record = read_record(stored.row.text, is_card=stored.number is None)
                if subject is None or _is_of(record, subject):
                    found.append(record)
        return found

    def kinds(self) -> Kinds:
        """Return the kinds of evidence that there are, in alphabetical order."""
        return self._rows.kinds()

    def get(self, record_id: str) -> Record:
        """Return a record with its items.

        Args:
            record_id: Its id or digest, or the first four or more characters of it.

        Raises:
            NotFound: There is no such record.
            InvalidRequest: Several begin so, or it is no beginning of an id.
            StoreError: The record was changed since it was written.
        """
        row = self._find(record_id)
        return read_record(row.text, row.items, is_card=row.number is None)

    def texts(self, record_id: str) -> tuple[str, str | None]:
        """Return the text of a record and that of its items, as they were hashed; see `get`."""
        row = self._find(record_id)
        return row.text, row.items

    def verify(self) -> Verification:
        """Check every record and card, the chain, and where it ends."""
        with self._rows.snapshot() as (rows, end):
            return verify_rows(rows, end)

    def _find(self, record_id: str) -> EvidenceRow:
        start = record_id.strip().lower()
        if not _DIGEST_START.fullmatch(start):
            raise InvalidRequest(
                f"{record_id[:80]!r} is no id of a record: {MIN_ID_CHARS} to 64 of the characters "
                "0-9 and a-f are.",
                hint="`hearth evidence list` shows the ids.",
                param="id",
            )
        found = self._rows.starting_with(start, limit=2)
        if not found:
            raise NotFound(
                f"There is no record {start} here.", hint="`hearth evidence list` shows all."
            )
        if len(found) > 1:
            raise InvalidRequest(
                f"More than one record begins with {start}.", hint="Add a character.", param="id"
            )
        problem = row_problem(found[0], with_items=True)
        if problem is not None or found[0].row is None:
            raise StoreError(
                f"{_named(found[0])} is not what was written: {problem}.",
                hint="`hearth evidence verify` checks them all; backups lie beside the database.",
            )
        return found[0].row


@contextmanager
def open_ledger(config: Config) -> Iterator[Ledger]:
    """Open the ledger of Hearth's home, and make sure first that a record can be kept.

    Nobody wants to measure for an hour, and then learn that the disk is full.

    Raises:
        DiskFull: There is too little room left for a record.
        StoreError: The database cannot be used.
    """
    from hearth.machine.storage import read_storage

    ensure_home(config)
    free_bytes = read_storage(config.home).free_bytes
    if config.database_url is None and free_bytes < FREE_BYTES:
        raise DiskFull(
            f"{config.home} has {free_bytes >> 20} MiB free; a record can take "
            f"{FREE_BYTES >> 20} MiB.",
            hint="Free some space first, so that what is measured can be kept.",
        )
    with closing(open_database(config)) as database:
        yield Ledger(database)


def _row(record: Record, text: str, items: str | None, number: int | None) -> EvidenceRow:
    return EvidenceRow(
        number=number,
        digest=digest_of(text),
        kind=record.kind,
        made_at=record.made_at,
        text=text,
        items=items,
    )


def _in_text(word: str) -> str:
    """Return a word as JSON writes it within quotes."""
    return canonical(word)[1:-1]


def _is_of(record: Record, wanted: str) -> bool:
    word = wanted.lower()
    return any(
        word in each.name.lower() or each.digest.startswith(word) or each.identity.startswith(word)
        for each in record.subjects
    )


def _named(stored: StoredRow) -> str:
    return "A card" if stored.number is None else f"Record {stored.number}"
