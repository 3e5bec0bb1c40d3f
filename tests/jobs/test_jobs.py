"""Jobs: one for each target, watched by many, stopped, found again after any end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from hearth.errors import DiskFull, InvalidRequest, NotFound, RequestAborted
from hearth.jobs import JobRecord, Jobs, JobState, Report
from hearth.jobs.rate import Rate
from hearth.store.database import Database
from hearth.store.jobs import JobRecords


class Counting:
    """Work that counts to its total, and waits on the way until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.num_begun = 0

    def __call__(
        self, arguments: Mapping[str, Any], report: Report, cancelled: threading.Event
    ) -> Mapping[str, Any]:
        self.num_begun += 1
        report(3, 10, "counting")
        while not self.go_on.wait(0.01):
            if cancelled.is_set():
                raise RequestAborted("The count was stopped.")
        if arguments.get("fail") == "known":
            raise DiskFull("The disk is full.", hint="Free some space.")
        if arguments.get("fail") == "unknown":
            raise ZeroDivisionError("a bug")
        report(10, 10, "counting")
        return {"counted": 10}


@pytest.fixture
def work() -> Counting:
    return Counting()


@pytest.fixture
def jobs(database: Database, work: Counting) -> Iterator[Jobs]:
    opened = Jobs(database, {"count": work})
    yield opened
    opened.close()


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def ended(jobs: Jobs, job_id: str) -> JobRecord:
    until(lambda: jobs.get(job_id).state.ended)
    return jobs.get(job_id)


def test_a_job_runs_to_its_end_and_is_written_down(
    jobs: Jobs, work: Counting, database: Database
) -> None:
    job = jobs.start("count", "a", {})
    until(lambda: jobs.get(job.id).done == 3)
    running = jobs.get(job.id)
    assert (running.state, running.total, running.doing) == (JobState.RUNNING, 10, "counting")
    work.go_on.set()
    last = ended(jobs, job.id)
    assert (last.state, last.done, last.result) == (JobState.DONE, 10, {"counted": 10})
    assert last.finished_at is not None
    assert JobRecords(database).get(job.id) == last


def test_ten_who_ask_for_the_same_get_one_job(jobs: Jobs, work: Counting) -> None:
    threads, found = [], []
    for _ in range(10):
        threads.append(threading.Thread(target=lambda: found.append(jobs.start("count", "a", {}))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in found}) == 1
    other = jobs.start("count", "b", {})
    work.go_on.set()
    assert ended(jobs, found[0].id).state is JobState.DONE
    assert ended(jobs, other.id).state is JobState.DONE
    assert work.num_begun == 2
    assert jobs.start("count", "a", {}).id != found[0].id


def test_watching_shows_each_change_and_the_end(jobs: Jobs, work: Counting) -> None:
    job = jobs.start("count", "a", {})
    seen = []
    for record in jobs.watch(job.id):
        seen.append(record)
        if record.done == 3:
            work.go_on.set()
    assert seen[-1].state is JobState.DONE
    assert [record.state.ended for record in seen].count(True) == 1


async def test_watching_without_a_thread_shows_the_same(jobs: Jobs, work: Counting) -> None:
    job = jobs.start("count", "a", {})
    seen = []
    async for record in jobs.changes(job.id):
        seen.append(record)
        work.go_on.set()
    assert seen[-1].state is JobState.DONE


def test_a_cancelled_job_can_be_gone_on_with(jobs: Jobs, work: Counting) -> None:
    job = jobs.start("count", "a", {"x": 1})
    until(lambda: jobs.get(job.id).done == 3)
    jobs.cancel(job.id)
    last = ended(jobs, job.id)
    assert last.state is JobState.CANCELLED
    assert last.done == 3
    work.go_on.set()
    again = jobs.resume(job.id)
    assert again.id != job.id
    assert again.arguments == {"x": 1}
    assert ended(jobs, again.id).state is JobState.DONE
    assert jobs.resume(again.id).id == again.id
    jobs.cancel(again.id)
    assert jobs.get(again.id).state is JobState.DONE


def test_a_job_that_waits_in_line_can_be_cancelled(jobs: Jobs, work: Counting) -> None:
    started = [jobs.start("count", str(number), {}) for number in range(5)]
    jobs.cancel(started[-1].id)
    work.go_on.set()
    states = [ended(jobs, job.id).state for job in started]
    assert states == [JobState.DONE] * 4 + [JobState.CANCELLED]


def test_a_failure_is_kept_as_it_was_said(jobs: Jobs, work: Counting) -> None:
    work.go_on.set()
    last = ended(jobs, jobs.start("count", "a", {"fail": "known"}).id)
    assert last.state is JobState.FAILED
    assert last.error is not None
    assert (last.error["code"], last.error["hint"]) == ("disk_full", "Free some space.")


def test_a_bug_in_the_work_fails_the_job_and_is_logged(
    jobs: Jobs, work: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    work.go_on.set()
    last = ended(jobs, jobs.start("count", "a", {"fail": "unknown"}).id)
    assert last.state is JobState.FAILED
    assert "ZeroDivisionError" not in str(last.error)
    until(lambda: "ZeroDivisionError" in caplog.text)


def test_the_end_of_the_program_is_an_interruption_not_a_wish(
    database: Database, work: Counting
) -> None:
    first = Jobs(database, {"count": work})
    job = first.start("count", "a", {})
    until(lambda: first.get(job.id).done == 3)
    first.close()
    second = Jobs(database, {"count": work})
    try:
        (found,) = second.list()
        assert (found.id, found.state, found.done) == (job.id, JobState.INTERRUPTED, 3)
        work.go_on.set()
        assert ended(second, second.resume(job.id).id).state is JobState.DONE
    finally:
        second.close()


OTHER_PROGRAM = """
import sys, time
from hearth.config import load_config
from hearth.jobs import Jobs
from hearth.errors import RequestAborted
from hearth.store.database import open_database

def work(arguments, report, cancelled):
    report(5, 10, "working elsewhere")
    if cancelled.wait(60):
        raise RequestAborted("stopped")
    return {}

jobs = Jobs(open_database(load_config()), {"count": work})
job = jobs.start("count", "a", {})
print(job.id, flush=True)
for record in jobs.watch(job.id):
    pass
print(record.state.value, flush=True)
jobs.close()
"""


@pytest.fixture
def elsewhere(database: Database) -> Iterator[subprocess.Popen[str]]:
    """Run a job in another process."""
    program = subprocess.Popen(
        [sys.executable, "-c", OTHER_PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    )
    yield program
    program.kill()
    program.communicate()


def read_line(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def test_a_job_of_another_program_is_joined_watched_and_stopped(
    jobs: Jobs, work: Counting, elsewhere: subprocess.Popen[str]
) -> None:
    job_id = read_line(elsewhere)
    joined = jobs.start("count", "a", {})
    assert joined.id == job_id
    assert not jobs.is_here(job_id)
    until(lambda: jobs.get(job_id).done == 5)
    jobs.cancel(job_id)
    *_, last = jobs.watch(job_id)
    assert last.state is JobState.CANCELLED
    assert read_line(elsewhere) == "cancelled"
    assert work.num_begun == 0


def test_a_killed_program_leaves_an_interrupted_job(
    jobs: Jobs, work: Counting, elsewhere: subprocess.Popen[str]
) -> None:
    job_id = read_line(elsewhere)
    until(lambda: jobs.get(job_id).done == 5)
    elsewhere.send_signal(signal.SIGKILL)
    elsewhere.wait()
    last = ended(jobs, job_id)
    assert (last.state, last.done, last.total) == (JobState.INTERRUPTED, 5, 10)
    work.go_on.set()
    again = jobs.start("count", "a", {})
    assert again.id != job_id
    assert ended(jobs, again.id).state is JobState.DONE


@pytest.mark.parametrize("job_id", ["", "x", "0" * 32, "ä" * 32, "' OR 1=1", "../x"])
def test_an_unknown_job_is_not_found(jobs: Jobs, job_id: str) -> None:
    for ask in (jobs.get, jobs.cancel, jobs.resume, lambda asked: next(jobs.watch(asked))):
        with pytest.raises(NotFound):
            ask(job_id)


def test_an_unknown_kind_is_refused(jobs: Jobs) -> None:
    with pytest.raises(InvalidRequest, match="count"):
        jobs.start("dance", "a", {})


def test_old_jobs_are_forgotten_and_live_ones_never(
    database: Database, jobs: Jobs, work: Counting
) -> None:
    live = jobs.start("count", "live", {})
    records = JobRecords(database, max_ended=5)
    for number in range(10):
        job, _ = records.begin("count", str(number), {})
        records.finish(job.id, JobState.DONE, done=1, total=1)
    targets = [job.target for job in records.list()]
    assert targets == ["9", "8", "7", "6", "5", "4", "live"]
    assert jobs.get(live.id).state is not JobState.INTERRUPTED
    work.go_on.set()


def test_a_rate_is_of_late_and_falls_when_nothing_comes() -> None:
    rate = Rate()
    assert rate.per_s(0.0) is None
    for second in range(5):
        rate.add(float(second), second * 100)
    assert rate.per_s(4.0) == pytest.approx(100.0)
    assert rate.per_s(8.0) == pytest.approx(50.0)
    rate.add(9.0, 0)
    assert rate.per_s(9.0) is None


def test_the_remaining_time_follows_from_the_rate() -> None:
    job = {"id": "", "kind": "", "target": "", "arguments": {}, "state": JobState.RUNNING}
    now = {"created_at": None, "updated_at": None}
    record = JobRecord(**job, **now, done=20, total=100, rate_per_s=8.0)  # type: ignore[arg-type]
    assert record.remaining_s == 10.0
