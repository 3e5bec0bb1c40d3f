"""One job that runs in this process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hearth.errors import EngineError, HearthError, RequestAborted, StoreError
from hearth.jobs.rate import Rate
from hearth.jobs.work import Work
from hearth.store.jobs import JobRecord, JobRecords, JobState

SAVE_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class RunningJob:
    """A job and its latest state, which any thread may read.

    Args:
        record: The job as it was begun.
        records: Where it is written down.
        work: What it does.
    """

    def __init__(self, record: JobRecord, records: JobRecords, work: Work) -> None:
        self._record = record
        self._records = records
        self._work = work
        self._rate = Rate()
        self._changed = threading.Condition()
        self._cancelled = threading.Event()
        self._interrupted = False
        self._stop_saving = threading.Event()

    @property
    def record(self) -> JobRecord:
        """The job as it is now."""
        with self._changed:
            return self._record

    def wait(self, timeout_s: float) -> None:
        """Wait until the job has changed, or for a while."""
        with self._changed:
            if not self._record.state.ended:
                self._changed.wait(timeout_s)

    def cancel(self) -> None:
        """Ask it to stop."""
        self._cancelled.set()

    def interrupt(self) -> None:
        """Ask it to stop because the process ends, not because anybody wants it to."""
        self._interrupted = True
        self._cancelled.set()

    def run(self) -> None:
        """Do the work and write down how it ended, whatever happens."""
        state = JobState.FAILED
        result: dict[str, Any] | None = None
        error: HearthError | None = _unexpected()
        saver = threading.Thread(target=self._save_now_and_then, name="job-saver")
        saver.start()
        try:
            result = dict(self._do())
            state, error = JobState.DONE, None
        except RequestAborted as aborted:
            state, error = self._aborted_state(), aborted
        except HearthError as failure:
            error = failure
        finally:
            self._stop_saving.set()
            saver.join()
            self._end(state, result, error)

    def _do(self) -> Mapping[str, Any]:
        if self._cancelled.is_set():
            raise RequestAborted("The job was stopped before it began.")
        self._set(state=JobState.RUNNING)
        return self._work(self._record.arguments, self._report, self._cancelled)

    def _aborted_state(self) -> JobState:
        return JobState.INTERRUPTED if self._interrupted else JobState.CANCELLED

    def _report(self, done: int, total: int, doing: str) -> None:
        now_s = time.monotonic()
        with self._changed:
            self._rate.add(now_s, done)
            rate = self._rate.per_s(now_s)
        self._set(done=done, total=total, doing=doing, rate_per_s=rate)

    def _set(self, **changes: Any) -> None:
        with self._changed:
            self._record = replace(self._record, **changes)
            self._changed.notify_all()

    def _save_now_and_then(self) -> None:
        while not self._stop_saving.wait(SAVE_EVERY_S):
            with self._changed:
                rate = self._rate.per_s(time.monotonic())  # falls while nothing comes
            self._set(rate_per_s=rate)
            record = self.record
            try:
                asked = self._records.save(
                    record.id,
                    done=record.done,
                    total=record.total,
                    rate_per_s=record.rate_per_s,
                    doing=record.doing,
                )
            except StoreError as error:  # the work matters more than the note of it
                logger.warning("the state of a job is not saved: %s", error.message)
                continue
            if asked:
                self._cancelled.set()

    def _end(
        self, state: JobState, result: dict[str, Any] | None, error: HearthError | None
    ) -> None:
        record = self.record
        try:
            saved = self._records.finish(
                record.id,
                state,
                done=record.done,
                total=record.total,
                result=result,
                error=error,
            )
        except StoreError as failure:
            logger.warning("the end of a job is not saved: %s", failure.message)
            data = error.as_data() if error is not None else None
            saved = replace(record, state=state, rate_per_s=None, result=result, error=data)
        with self._changed:
            self._record = saved
            self._changed.notify_all()


def _unexpected() -> HearthError:
    return EngineError(
        "The job failed in a way that Hearth did not expect; the log has the details.",
        hint="Please report it together with the log file.",
    )
