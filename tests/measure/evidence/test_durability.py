"""No record is lost or bent: killed programs, full disks, several programs at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hearth.errors import StoreError
from hearth.measure.evidence import Ledger, Record
from hearth.store.database import Database
from support.disks import small_disk
from support.evidence import ITEMS, draft
from support.talk import opened

NUM_KILLS = 5

WRITER = """
import sys
from hearth.measure.evidence import Ledger
from support.evidence import ITEMS, draft
from support.talk import opened

with opened() as database:
    ledger = Ledger(database)
    print("ready", flush=True)
    for number in range(int(sys.argv[1])):
        # Of many pages each, so that a kill meets a commit at work.
        record = ledger.add(draft(number, items=ITEMS, notes=("x" * 20_000,)))
        print(record.digest, flush=True)
"""


@contextmanager
def writer(num_records: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(num_records)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    with process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def test_kill_9_loses_no_record_and_bends_none() -> None:
    """A writer is killed in the middle again and again: what it was told is kept, is there."""
    acknowledged: list[str] = []
    drawn = random.Random(9)
    for _ in range(NUM_KILLS):
        with writer(100_000) as process:
            assert process.stdout is not None
            # Killed at some moment of the next record, which nobody has chosen.
            acknowledged += [
                process.stdout.readline().strip() for _ in range(drawn.randrange(1, 8))
            ]
            process.kill()
            acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
        with opened() as database:
            ledger = Ledger(database)
            found = ledger.verify()
            assert found.is_sound, found.problems
            kept = {record.digest for record in ledger.list(limit=100_000)}
            assert kept >= set(acknowledged)
            # At most the one record more that it was about to tell of.
            assert len(kept) <= len(acknowledged) + NUM_KILLS
            assert ledger.get(acknowledged[-1]).items == ITEMS
    assert len(acknowledged) >= NUM_KILLS


def test_a_full_disk_loses_no_record_and_bends_none(own_home: Path) -> None:
    """Records themselves fill the disk; it is opened again once there is some room."""
    with small_disk(own_home, size_kb=6144):
        other_files = own_home / "other-files"
        other_files.write_bytes(bytes(4 << 20))
        with opened() as database:
            ledger = Ledger(database)
            kept = [ledger.add(draft(number, items=ITEMS)) for number in range(3)]
            kept += _add_until_full(ledger)
            _check(ledger, kept)
        other_files.unlink()
        with opened() as database:
            ledger = Ledger(database)
            _check(ledger, kept)
            kept.append(ledger.add(draft(99, notes=("x" * 50_000,))))
            _check(ledger, kept)


def test_a_disk_that_was_full_takes_records_again(own_home: Path) -> None:
    with small_disk(own_home, size_kb=4096) as disk, opened() as database:
        ledger = Ledger(database)
        kept = [ledger.add(draft(0, items=ITEMS))]
        disk.fill()
        with pytest.raises(StoreError, match="the disk is full") as raised:
            ledger.add(draft(1, notes=("x" * 500_000,)))
        assert raised.value.http_status == 507
        _check(ledger, kept)
        disk.free()
        kept.append(ledger.add(draft(1, notes=("x" * 500_000,))))
        assert kept[-1].previous == kept[0].digest
        _check(ledger, kept)


def test_a_ledger_that_may_not_grow_keeps_what_it_has(database: Database) -> None:
    """The same from SQLite itself, for where no small disk can be mounted."""
    ledger = Ledger(database)
    kept = [ledger.add(draft(0, items=ITEMS))]
    with database.read("limit") as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="Could not keep the evidence: the disk is full"):
        ledger.add(draft(1, notes=("x" * 100_000,)))
    _check(ledger, kept)


def _add_until_full(ledger: Ledger) -> list[Record]:
    """Add records until the disk is full; return those that were taken."""
    kept: list[Record] = []
    while True:
        try:
            kept.append(ledger.add(draft(len(kept), notes=("x" * 50_000,))))
        except StoreError:
            return kept


def _check(ledger: Ledger, kept: list[Record]) -> None:
    found = ledger.verify()
    assert found.is_sound, found.problems
    assert found.num_records == len(kept)
    assert found.end == kept[-1].digest
    assert all(ledger.get(record.digest) == record for record in kept)


def test_programs_that_write_at_once_make_one_chain() -> None:
    with opened():
        pass  # the database is made, so that the programs meet at its writing
    with opened() as database, writer(12) as one, writer(12) as other:
        while one.poll() is None:  # what is half done by others is no damage
            assert Ledger(database).verify().is_sound
        told = [line.strip() for process in (one, other) for line in process.stdout or ()]
        assert [one.wait(60), other.wait(60)] == [0, 0]
    with opened() as database:
        ledger = Ledger(database)
        assert ledger.verify().is_sound
        records = ledger.list()
    assert sorted(record.number for record in records) == list(range(1, 25))
    assert {record.digest for record in records} == set(told)


@pytest.mark.parametrize("part", range(8))
def test_a_power_cut_in_the_log_leaves_a_beginning_of_the_chain(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """The database's log is cut anywhere: what is found is whole, and a beginning of it all."""
    with opened() as database:
        ledger = Ledger(database)
        digests = [ledger.add(draft(number)).digest for number in range(6)]
        file, log = (own_home / name for name in ("hearth.db", "hearth.db-wal"))
        content, log_content = file.read_bytes(), log.read_bytes()
    home = tmp_path / "after"
    home.mkdir()
    (home / "hearth.db").write_bytes(content)
    (home / "hearth.db-wal").write_bytes(log_content[: len(log_content) * (part + 1) // 8])
    monkeypatch.setenv("HEARTH_HOME", str(home))
    with opened() as database:
        ledger = Ledger(database)
        assert ledger.verify().is_sound
        found = [record.digest for record in ledger.list()][::-1]
    assert found == digests[: len(found)]
    assert part < 7 or found == digests
