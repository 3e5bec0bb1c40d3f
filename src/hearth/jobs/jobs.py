"""Start, watch, stop and resume jobs.

The database is what processes share: it says which jobs are live, and whether somebody wants one
to stop. What a job reports is kept in memory for those who watch it here, and written down about
once a second for those elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from hearth.errors import InvalidRequest
from hearth.jobs.running import RunningJob
from hearth.jobs.work import Work
from hearth.store.database import Database
from hearth.store.jobs import JobRecord, JobRecords, JobState

MAX_AT_ONCE = 3  # of one process; more wait in line
LOOK_EVERY_S = 0.5  # at a job of another process
TELL_EVERY_S = 0.25

logger = logging.getLogger(__name__)


class Jobs:
    """The jobs of a database, and the threads of those that run in this process.

    Args:
        database: Where they are written down.
        works: What can be done, by kind.
    """

    def __init__(self, database: Database, works: Mapping[str, Work]) -> None:
        self._records = JobRecords(database)
        self._works = dict(works)
        self._lock = threading.Lock()
        self._running: dict[str, RunningJob] = {}
        self._threads = ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="job")
        self._records.settle()

    def start(self, kind: str, target: str, arguments: Mapping[str, Any]) -> JobRecord:
        """Return the live job of a target, or begin one.

        Args:
            kind: One of the works.
            target: What the job is about; of one kind and target, one job is live.
            arguments: What the work needs, as plain data; those of a live job stay as they are.

        Raises:
            InvalidRequest: There is no such kind.
            StoreError: It cannot be written down.
        """
        if kind not in self._works:
            raise InvalidRequest(f"There is no work {kind!r}; there is {', '.join(self._works)}.")
        with self._lock:
            record, is_new = self._records.begin(kind, target, arguments)
            if is_new:
                self._run(record)
        return record

    def resume(self, job_id: str) -> JobRecord:
        """Begin again what was interrupted, cancelled or failed; a live or done job is returned.

        Raises:
            NotFound: There is no such job.
        """
        record = self.get(job_id)
        if not record.state.ended or record.state is JobState.DONE:
            return record
        return self.start(record.kind, record.target, record.arguments)

    def get(self, job_id: str) -> JobRecord:
        """Return a job as it is now; NotFound if there is none."""
        running = self._running.get(job_id)
        return running.record if running is not None else self._records.get(job_id)

    def is_here(self, job_id: str) -> bool:
        """Return whether a job runs in this process."""
        return job_id in self._running

    def list(self, *, limit: int = 50) -> list[JobRecord]:
        """Return jobs, newest first."""
        return [
            running.record if (running := self._running.get(record.id)) else record
            for record in self._records.list(limit=limit)
        ]

    def cancel(self, job_id: str) -> JobRecord:
        """Ask a job to stop, in whichever process it runs; NotFound if there is none."""
        record = self._records.ask_cancel(job_id)
        running = self._running.get(job_id)
        if running is not None:
            running.cancel()
        return record

    def watch(self, job_id: str) -> Iterator[JobRecord]:
        """Yield a job each time that it has changed, and at last as it ended.

        Raises:
            NotFound: There is no such job.
        """
        record = self.get(job_id)
        yield record
        while not record.state.ended:
            running = self._running.get(job_id)
            if running is not None:
                running.wait(LOOK_EVERY_S)
            else:
                time.sleep(LOOK_EVERY_S)
            later = self.get(job_id)
            if later != record:
                record = later
                yield record

    async def changes(self, job_id: str) -> AsyncGenerator[JobRecord, None]:
        """Yield a job as `watch` does, without a thread for each watcher."""
        record = await asyncio.to_thread(self.get, job_id)
        yield record
        while not record.state.ended:
            await asyncio.sleep(TELL_EVERY_S)
            running = self._running.get(job_id)
            later = (
                running.record
                if running is not None
                else await asyncio.to_thread(self._records.get, job_id)
            )
            if later != record:
                record = later
                yield record

    def interrupt(self) -> None:
        """Ask what runs here to stop because the process ends; it can be gone on with."""
        with self._lock:
            running = list(self._running.values())
        for job in running:
            job.interrupt()

    def close(self) -> None:
        """Stop what runs here, and wait until it has been written down."""
        self.interrupt()
        self._threads.shutdown()

    def _run(self, record: JobRecord) -> None:
        job = RunningJob(record, self._records, self._works[record.kind])
        self._running[record.id] = job
        self._threads.submit(self._run_to_end, job).add_done_callback(_log_failure)

    def _run_to_end(self, job: RunningJob) -> None:
        try:
            job.run()
        finally:
            with self._lock:
                del self._running[job.record.id]


def _log_failure(task: Future[None]) -> None:
    failure = task.exception()
    if failure is not None:
        logger.error("a job failed unexpectedly", exc_info=failure)
