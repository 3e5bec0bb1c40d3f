"""Check records: that nothing was changed, nothing left out, and nothing put in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hearth.errors import InvalidRequest
from hearth.measure.evidence.record import NO_RECORD
from hearth.measure.evidence.text import digest_of, items_digest, read_record
from hearth.store.evidence import ChainEnd, EvidenceRow, StoredRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is not as it was written.

    Args:
        number: Of the record; None for a card, or where no one record is at fault.
        digest: Of the record, as far as it is known.
        what: A sentence.
    """

    number: int | None
    digest: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What checking the ledger found.

    Args:
        num_records: Records in the chain.
        num_cards: Cards from elsewhere.
        end: Digest of the last record; who keeps it can tell later that no record before it has
            changed. `NO_RECORD` where there is none.
        problems: In the order of the chain.
    """

    num_records: int
    num_cards: int
    end: str
    problems: tuple[Problem, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it was written."""
        return not self.problems


def verify_rows(rows: Iterable[StoredRow], end: ChainEnd) -> Verification:
    """Check rows in the order of the chain, and that they end where they should.

    Args:
        rows: The chain by number, then the cards.
        end: Where the chain is said to end.
    """
    problems: list[Problem] = []
    last, num_records, num_cards = ChainEnd(digest=NO_RECORD), 0, 0
    for stored in rows:
        if stored.number is None:
            num_cards += 1
            found = [row_problem(stored, with_items=True)]
        else:
            num_records += 1
            found = [row_problem(stored, with_items=True), _link_problem(stored, last)]
            digest = stored.row.digest if stored.row is not None else ""
            last = ChainEnd(number=stored.number, digest=digest)
        known = stored.row.digest if stored.row is not None else ""
        problems += [
            Problem(number=stored.number, digest=known, what=what) for what in found if what
        ]
    if last != (end if end.number else ChainEnd(digest=NO_RECORD)):
        what = f"the chain should end with record {end.number} ({end.digest[:12] or 'none'}), and "
        what += f"ends with {last.number} ({last.digest[:12]})"
        problems.append(Problem(number=None, digest=end.digest, what=what))
    return Verification(
        num_records=num_records, num_cards=num_cards, end=last.digest, problems=tuple(problems)
    )


def row_problem(stored: StoredRow, *, with_items: bool) -> str | None:
    """Return what is wrong with a row, looked at alone; None where nothing is.

    Args:
        stored: The row.
        with_items: Whether its items were read too.
    """
    row = stored.row
    if row is None:
        return stored.problem
    if digest_of(row.text) != row.digest:
        return "its text was changed after it was written"
    try:
        return _content_problem(row, stored.has_items, with_items)
    except InvalidRequest as error:
        return error.message.rstrip(".")


def _content_problem(row: EvidenceRow, has_items: bool, with_items: bool) -> str | None:
    record = read_record(row.text)
    if (row.kind, row.made_at) != (record.kind, record.made_at):
        return "what it is found by was changed after it was written"
    if row.number not in (None, record.number):
        return f"it stands at place {row.number} and was written as {record.number}"
    if not with_items:
        return None
    expected = items_digest(row.text)
    if expected is None:
        return "it has got items after it was written" if has_items else None
    if row.items is None or digest_of(row.items) != expected:
        return "its items were changed after it was written"
    return None


def _link_problem(stored: StoredRow, last: ChainEnd) -> str | None:
    """Return what is wrong between a record and the one before it."""
    if stored.number != last.number + 1:
        return f"{(stored.number or 0) - last.number - 1} of the records before it are missing"
    if stored.row is None or not last.digest:
        return None  # the fault is told already
    try:
        previous = read_record(stored.row.text).previous
    except InvalidRequest:
        return None  # likewise
    return None if previous == last.digest else "it does not follow the record before it"
