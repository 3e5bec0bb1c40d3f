"""Replaying as a job: begun once, watched to its end, stopped without a record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from hearth.config import Config, load_config
from hearth.errors import InvalidRequest, RequestAborted
from hearth.jobs import Jobs, JobState, start_replay
from hearth.jobs.replaying import REPLAY, replaying_work
from hearth.measure.evidence import Draft, Ledger, Progress, Record
from hearth.store.database import Database
from support.evidence import draft
from support.processes import wait_for


def same_again(record: Record, config: Config, progress: Progress) -> Draft:
    progress(0, 1, "Measuring")
    return draft(1, value=record.summary["decode"].value)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def jobs(database: Database) -> Iterator[Jobs]:
    works = {REPLAY: replaying_work(load_config(), {"speed": same_again})}
    with closing(Jobs(database, works)) as opened:
        yield opened


def test_a_replay_is_a_job_whose_result_names_the_record(jobs: Jobs, ledger: Ledger) -> None:
    old = ledger.add(draft())
    job = start_replay(jobs, old)
    assert job.target == f"evidence {old.id}"
    wait_for(lambda: jobs.get(job.id).state.ended)
    ended = jobs.get(job.id)
    assert ended.state is JobState.DONE
    assert ended.result is not None
    new = ledger.get(ended.result["evidence"])
    assert new.replay_of == old.digest
    assert ended.result == {"evidence": new.id, "replayed": old.id, "verdict": "agrees"}


def test_what_cannot_be_replayed_never_begins(jobs: Jobs, ledger: Ledger) -> None:
    with pytest.raises(InvalidRequest, match="cannot be replayed"):
        start_replay(jobs, ledger.add(draft(kind="weather")))
    assert jobs.list() == []


def test_a_replay_that_is_stopped_leaves_no_record(ledger: Ledger) -> None:
    old, cancelled = ledger.add(draft()), threading.Event()
    cancelled.set()
    work = replaying_work(load_config(), {"speed": same_again})
    with pytest.raises(RequestAborted, match="nothing of it was noted"):
        work({"record": old.digest}, lambda done, total, doing: None, cancelled)
    assert len(ledger.list()) == 1
