"""The ledger: what goes in comes out, what was changed is found, whoever changed it and how."""

from __future__ import annotations

import random
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import DiskFull, InvalidRequest, NotFound, StoreError
from hearth.measure.evidence import Draft, Ledger, Record, Subject, open_ledger
from hearth.measure.evidence.record import NO_RECORD
from hearth.store.database import Database, open_database
from support.disks import small_disk
from support.evidence import ITEMS, PICO, draft
from support.talk import opened

NUM_RECORDS = 5


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def filled(ledger: Ledger) -> list[Record]:
    return [ledger.add(draft(number, items=ITEMS)) for number in range(NUM_RECORDS)]


def test_records_follow_one_another(ledger: Ledger, filled: list[Record]) -> None:
    assert [record.number for record in filled] == [1, 2, 3, 4, 5]
    assert filled[0].previous == NO_RECORD
    for before, after in pairwise(filled):
        assert after.previous == before.digest
    found = ledger.verify()
    assert found.is_sound
    assert (found.num_records, found.num_cards, found.end) == (5, 0, filled[-1].digest)
    assert ledger.get(filled[2].id) == filled[2]
    assert ledger.get(filled[2].digest.upper()[:8]) == filled[2]


def test_an_empty_ledger_is_sound(ledger: Ledger) -> None:
    found = ledger.verify()
    assert found.is_sound
    assert found.end == NO_RECORD
    assert ledger.list() == []


def test_the_newest_come_first_without_their_items(ledger: Ledger, filled: list[Record]) -> None:
    listed = ledger.list()
    assert [record.digest for record in listed] == [record.digest for record in filled[::-1]]
    assert {(record.items, record.num_items) for record in listed} == {(None, 2)}
    assert [record.number for record in ledger.list(limit=2)] == [5, 4]


def test_records_are_found_by_kind_subject_and_words(ledger: Ledger) -> None:
    ledger.add(draft())
    other = Subject(name="Überbär 100%", digest="12" * 32)
    ledger.add(draft(kind="truth", subjects=(PICO, other), notes=('Say "hi" to C:\\new',)))
    assert ledger.kinds() == ["speed", "truth"]

    def kinds(**wanted: str) -> list[str]:
        return [record.kind for record in ledger.list(**wanted)]

    assert kinds(kind="truth") == ["truth"]
    assert kinds(subject="PIC") == ["truth", "speed"]
    assert kinds(subject="über") == ["truth"]
    assert kinds(subject="1212") == ["truth"]
    assert kinds(subject="100%") == ["truth"]
    assert kinds(subject="1%") == []
    assert kinds(subject="Test CPU") == []  # a word of the record, but of no subject
    assert kinds(text="test cpu") == ["truth", "speed"]
    assert kinds(text='"hi" c:\\new') == ["truth"]
    assert kinds(text="nowhere speed") == []


def test_an_id_that_means_nothing_is_explained(ledger: Ledger, filled: list[Record]) -> None:
    for wrong in ("", "abc", "xyz-xyz", "a" * 65, "%" * 8, "' OR 1=1"):
        with pytest.raises(InvalidRequest, match="no id of a record"):
            ledger.get(wrong)
    absent = "0" * 12 if not filled[0].digest.startswith("0" * 12) else "1" * 12
    with pytest.raises(NotFound, match="no record"):
        ledger.get(absent)


def test_a_beginning_of_two_is_explained(ledger: Ledger, database: Database) -> None:
    first = ledger.add(draft())
    with database.write("forge") as connection:  # a digest like it does not come by itself
        connection.exec_driver_sql(
            "INSERT INTO evidence (digest, kind, made_at, text) VALUES (?, 'speed', 0, '')",
            (first.digest[:20] + "f" * 44,),
        )
    with pytest.raises(InvalidRequest, match="More than one"):
        ledger.get(first.id)
    assert ledger.get(first.digest) == first


def test_what_is_too_large_is_refused_and_nothing_is_kept(ledger: Ledger) -> None:
    with pytest.raises(InvalidRequest, match="at most"):
        ledger.add(draft(notes=("x" * (9 << 20),)))
    assert ledger.list() == []
    assert ledger.add(draft()).number == 1


# -- what an enemy, a broken disk or a careless hand does, by SQL --

Spoil = Callable[[sqlite3.Connection], object]


def sql(statement: str, *values: object) -> Spoil:
    return lambda connection: connection.execute(statement, values)


SPOILERS: dict[str, tuple[Spoil, str]] = {
    "a figure is improved": (
        sql("UPDATE evidence SET text = replace(text, '57.3', '97.3') WHERE number = 3"),
        "record 3: its text was changed",
    ),
    "a text loses its last byte": (
        sql("UPDATE evidence SET text = substr(text, 1, length(text) - 1) WHERE number = 3"),
        "record 3: its text was changed",
    ),
    "a text is no text": (
        sql("UPDATE evidence SET text = x'ff00' WHERE number = 3"),
        "record 3: a text of it is none",
    ),
    "a digest is changed": (
        sql("UPDATE evidence SET digest = ? WHERE number = 3", "0" * 64),
        "record 3: its text was changed",
    ),
    "a kind is changed": (
        sql("UPDATE evidence SET kind = 'truth' WHERE number = 3"),
        "record 3: what it is found by",
    ),
    "a date is changed": (
        sql("UPDATE evidence SET made_at = made_at + 1 WHERE number = 3"),
        "record 3: what it is found by",
    ),
    "a date is absurd": (
        sql("UPDATE evidence SET made_at = ? WHERE number = 3", 2**62),
        "record 3: its time is none",
    ),
    "items are changed": (
        sql("UPDATE evidence SET items = ? WHERE number = 3", zlib.compress(b"[]")),
        "record 3: its items were changed",
    ),
    "items are damaged": (
        sql("UPDATE evidence SET items = x'00' WHERE number = 3"),
        "record 3: its items were changed",
    ),
    "items are taken away": (
        sql("UPDATE evidence SET items = NULL WHERE number = 3"),
        "record 3: its items were changed",
    ),
    "a record is taken out": (
        sql("DELETE FROM evidence WHERE number = 3"),
        "record 4: 1 of the records before it are missing",
    ),
    "the first is taken out": (
        sql("DELETE FROM evidence WHERE number = 1"),
        "record 2: 1 of the records before it are missing",
    ),
    "the last is taken out": (
        sql("DELETE FROM evidence WHERE number = 5"),
        "record None: the chain should end with record 5",
    ),
    "all are taken out": (
        sql("DELETE FROM evidence"),
        "record None: the chain should end with record 5",
    ),
    "the end is set back": (
        sql("UPDATE evidence_head SET number = 4"),
        "record None: the chain should end with record 4",
    ),
    "the end is taken out": (
        sql("DELETE FROM evidence_head"),
        "record None: the chain should end with record 0",
    ),
    "two change places": (
        lambda connection: connection.executescript(
            "UPDATE evidence SET number = 99 WHERE number = 3;"
            "UPDATE evidence SET number = 3 WHERE number = 4;"
            "UPDATE evidence SET number = 4 WHERE number = 99;"
        ),
        "record 3: it stands at place 3 and was written as 4",
    ),
    "a record becomes a card": (
        sql("UPDATE evidence SET number = NULL WHERE number = 3"),
        "record 4: 1 of the records before it are missing",
    ),
}


def spoil(path: Path, how: Spoil) -> None:
    """Change the database behind Hearth's back, its own guards taken off."""
    with closing(sqlite3.connect(path)) as connection:
        for verb in ("UPDATE", "DELETE"):
            connection.execute(f"DROP TRIGGER evidence_is_only_added_{verb}")
        how(connection)
        connection.commit()


@pytest.mark.parametrize("name", SPOILERS)
def test_what_was_changed_is_found(
    name: str, ledger: Ledger, filled: list[Record], own_home: Path
) -> None:
    how, expected = SPOILERS[name]
    spoil(own_home / "hearth.db", how)
    found = ledger.verify()
    told = [f"record {problem.number}: {problem.what}" for problem in found.problems]
    assert not found.is_sound
    assert any(expected in line for line in told), told


def test_a_changed_record_is_not_shown(
    ledger: Ledger, filled: list[Record], own_home: Path
) -> None:
    spoil(own_home / "hearth.db", SPOILERS["a figure is improved"][0])
    with pytest.raises(StoreError, match="Record 3 is not what was written"):
        ledger.get(filled[2].id)
    told: list[str] = []
    listed = ledger.list(on_damage=told.append)
    assert [record.number for record in listed] == [5, 4, 2, 1]
    assert len(told) == 1
    assert "Record 3 is not shown" in told[0]


def test_a_chain_that_was_forged_anew_is_not_the_one_that_others_have_seen(
    filled: list[Record], tmp_path: Path
) -> None:
    """The limit of a chain: whoever rewrites all of it is found out by a card given away before."""
    with elsewhere(tmp_path) as forged:
        for number in range(NUM_RECORDS):
            forged.add(draft(number, value=99.0, items=ITEMS))
        assert forged.verify().is_sound
        with pytest.raises(NotFound):
            forged.get(filled[-1].digest)


@contextmanager
def elsewhere(folder: Path) -> Iterator[Ledger]:
    """Open the ledger of another home."""
    config = load_config().model_copy(update={"home": folder / "elsewhere"})
    with closing(open_database(config)) as database:
        yield Ledger(database)


def test_the_database_itself_refuses_changes(database: Database, filled: list[Record]) -> None:
    for statement in ("UPDATE evidence SET kind = 'x'", "DELETE FROM evidence WHERE number = 5"):
        with (
            pytest.raises(StoreError, match="only added, never changed"),
            database.write("cheat") as connection,
        ):
            connection.exec_driver_sql(statement)


def test_a_changed_byte_in_the_file_is_found(own_home: Path, tmp_path: Path) -> None:
    """One bit of the file is turned, many times over, wherever a record lies."""
    with opened() as database:
        ledger = Ledger(database)
        kept = [ledger.add(draft(number, items=ITEMS)) for number in range(NUM_RECORDS)]
        database.give_back_space()  # all of it lies in the file, and nothing in its log
    path = own_home / "hearth.db"
    whole = path.read_bytes()
    drawn = random.Random(5)
    places = []
    for record in kept:
        begin = whole.index(b'{"circumstances"', whole.index(record.digest.encode()))
        places += [drawn.randrange(begin, begin + 900) for _ in range(6)]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << drawn.randrange(8)
        path.write_bytes(changed)
        assert not _is_sound(), f"byte {place} of {len(whole)}"
    path.write_bytes(whole)
    assert _is_sound()


def _is_sound() -> bool:
    try:
        with opened() as database:
            return Ledger(database).verify().is_sound
    except StoreError:  # the file does not even open
        return False


# -- cards --


def test_a_card_lies_beside_the_chain(ledger: Ledger, tmp_path: Path) -> None:
    own = ledger.add(draft())
    text, items = _card_of(draft(9, value=40.0, items=ITEMS), tmp_path)
    record, is_new = ledger.add_card(text, items)
    assert (is_new, record.is_card, record.number) == (True, True, 1)
    assert ledger.add_card(text, items)[1] is False
    assert ledger.get(record.id) == record
    assert [each.is_card for each in ledger.list()] == [True, False]
    after = ledger.add(draft(1))
    assert (after.number, after.previous) == (2, own.digest)
    found = ledger.verify()
    assert (found.is_sound, found.num_records, found.num_cards) == (True, 2, 1)


def test_a_changed_card_is_found(ledger: Ledger, own_home: Path, tmp_path: Path) -> None:
    ledger.add(draft())
    ledger.add_card(*_card_of(draft(9, items=ITEMS), tmp_path))
    spoil(
        own_home / "hearth.db", sql("UPDATE evidence SET text = text || ' ' WHERE number IS NULL")
    )
    (problem,) = ledger.verify().problems
    assert problem.number is None
    assert "its text was changed" in problem.what


def _card_of(made: Draft, folder: Path) -> tuple[str, str | None]:
    with elsewhere(folder) as other:
        return other.texts(other.add(made).id)


# -- opening --


def test_nobody_measures_for_a_disk_that_is_full() -> None:
    config = load_config()
    with (
        small_disk(config.home, size_kb=4096),
        pytest.raises(DiskFull, match="MiB free"),
        open_ledger(config),
    ):
        pass


def test_the_ledger_opens_in_a_fresh_home() -> None:
    with open_ledger(load_config()) as ledger:
        assert ledger.add(draft()).number == 1
