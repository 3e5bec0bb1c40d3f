"""The ledger on disk: kept whole, bounded, shared by processes, and added to old databases."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import StoreError
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from hearth.store.jobs import JobRecords, JobState
from hearth.store.predicted import RecordKind
from hearth.store.predictions import Predictions
from hearth.store.schema import Schema
from support.ledger import record
from support.talk import SETTINGS, answer, ask, opened

PROGRAM = """
from hearth.config import load_config
from hearth.store.database import open_database
from hearth.store.predictions import Predictions
from support.ledger import record

ledger = Predictions(open_database(load_config()))
for number in range(20):
    ledger.add(record(number=number, model="{model}"))
"""


@pytest.fixture
def ledger(database: Database) -> Predictions:
    return Predictions(database)


def test_a_record_comes_back_as_it_was(ledger: Predictions) -> None:
    noted = record(measured=93.5, load_average=None)
    record_id = ledger.add(noted)
    assert ledger.list() == [replace(noted, id=record_id)]


def test_the_newest_come_first_and_can_be_chosen(ledger: Predictions) -> None:
    ledger.add(record(model="first"))
    ledger.add(record(model="second", machine="another"))
    ledger.add(record(model="third", kind=RecordKind.LOAD))
    assert [each.model for each in ledger.list()] == ["third", "second", "first"]
    assert [each.model for each in ledger.list(machine="another")] == ["second"]
    assert [each.model for each in ledger.list(identity="first")] == ["first"]
    assert [each.model for each in ledger.list(kind=RecordKind.LOAD)] == ["third"]
    assert [each.model for each in ledger.list(limit=1)] == ["third"]


def test_what_is_observed_later_is_added(ledger: Predictions) -> None:
    record_id = ledger.add(record(observed={"loading_s": 2.0}))
    ledger.note_observed(record_id, {"peak_bytes": 3e8})
    assert ledger.list()[0].observed == {"loading_s": 2.0, "peak_bytes": 3e8}
    ledger.note_observed(record_id + 1, {"peak_bytes": 1.0})  # gone meanwhile
    assert ledger.count() == 1


def test_the_oldest_go(database: Database) -> None:
    ledger = Predictions(database, max_records=3)
    for number in range(10):
        ledger.add(record(number=number, model=f"m{number}"))
    assert [each.model for each in ledger.list()] == ["m9", "m8", "m7"]


def test_two_processes_write_at_once(database: Database) -> None:
    tests = str(Path(__file__).parents[1])
    programs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM.format(model=model)], cwd=tests)
        for model in ("one", "other")
    ]
    assert [program.wait(60) for program in programs] == [0, 0]
    models = [each.model for each in Predictions(database).list()]
    assert (models.count("one"), models.count("other")) == (20, 20)


def test_a_ledger_that_cannot_be_written_is_a_store_error(
    database: Database, ledger: Predictions
) -> None:
    with database.write("break it") as connection:
        connection.exec_driver_sql("DROP TABLE predictions")
    with pytest.raises(StoreError, match="note how a prediction came out"):
        ledger.add(record())


def test_an_old_database_gets_the_ledger_and_keeps_what_it_had(
    tmp_path: Path, own_home: Path
) -> None:
    own_home.mkdir(mode=0o700)
    before = open_database(load_config(), _schema_until("0003", tmp_path / "old"))
    conversations, jobs = Conversations(before), JobRecords(before)
    talk = conversations.create(SETTINGS)
    answer(conversations, ask(conversations, talk.id, "kept"))
    job, _ = jobs.begin("pull", "hf:acme/pico", {"reference": "hf:acme/pico"})
    jobs.finish(job.id, JobState.DONE, done=1, total=1, result={"name": "pico"})
    before.close()

    with opened() as database:
        messages = Conversations(database).branch(talk.id)
        assert [message.content for message in messages] == ["kept", "Yes."]
        assert JobRecords(database).get(job.id).result == {"name": "pico"}
        ledger = Predictions(database)
        assert ledger.list() == []
        ledger.add(record())
        assert ledger.count() == 1


def _schema_until(revision: str, folder: Path) -> Schema:
    """Return Hearth's migrations as they were when `revision` was the newest."""
    shutil.copytree(Schema().folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (folder / "versions").glob("[0-9]*_*.py"):
        if file.name.split("_")[0] > revision:
            file.unlink()
    return Schema(folder)
