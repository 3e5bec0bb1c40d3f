"""Long work on disk: what was begun, how far it came, how it ended, and which process works on it.

Everything here is synchronous and safe to call from several threads at once. It knows nothing of
what a job does.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hearth.errors import HearthError, NotFound
from hearth.store.database import Database
from hearth.store.tables import jobs
from hearth.store.writer import is_writing, this_writer

JOBS_KEPT = 500  # of those that have ended


class JobState(StrEnum):
    """Where a job stands. INTERRUPTED: the process that worked on it ended before the job did."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """A job as it was last saved.

    Args:
        id: 32 hexadecimal digits, safe in an address.
        kind: What sort of work ("pull").
        target: What it is about; of one kind and target, one job is live at a time.
        arguments: What was asked, as plain data.
        done: How much is done, in the unit of `total` (bytes, for a pull).
        total: How much there is to do; 0 while it is not known.
        rate_per_s: Units per second of late, or None while there is too little to tell from.
        doing: What goes on now, in a few words.
        result: What came out, as plain data, once it is done.
        error: Why it failed, as `HearthError.as_data`.
        cancel_asked: Whether somebody wants it to stop.
    """

    id: str
    kind: str
    target: str
    arguments: dict[str, Any]
    state: JobState
    done: int = 0
    total: int = 0
    rate_per_s: float | None = None
    doing: str = ""
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    cancel_asked: bool = False

    @property
    def remaining_s(self) -> float | None:
        """Seconds that are left at the present rate; None where that cannot be told."""
        if self.state.ended or not self.rate_per_s or not self.total:
            return None
        return max(0, self.total - self.done) / self.rate_per_s


class JobRecords:
    """All jobs of a database. Every method raises StoreError when the disk fails."""

    def __init__(self, database: Database, max_ended: int = JOBS_KEPT) -> None:
        """Use an open database; of the jobs that have ended the newest are kept."""
        self._database = database
        self._max_ended = max_ended
        self._writer = this_writer()

    def begin(self, kind: str, target: str, arguments: Mapping[str, Any]) -> tuple[JobRecord, bool]:
        """Return the live job of a target and False, or a new one of this process and True."""
        now = datetime.now(UTC)
        with self._database.write("begin the job") as connection:
            _settle(connection, now)
            live = select(jobs).where(
                jobs.c.kind == kind, jobs.c.target == target, jobs.c.writer.is_not(None)
            )
            row = connection.execute(live).one_or_none()
            if row is not None:
                return _to_record(row), False
            job_id = uuid.uuid4().hex
            connection.execute(
                insert(jobs).values(
                    id=job_id,
                    kind=kind,
                    target=target,
                    arguments=json.dumps(dict(arguments)),
                    state=JobState.QUEUED,
                    done=0,
                    total=0,
                    doing="",
                    created_at=now,
                    updated_at=now,
                    writer=self._writer,
                    cancel_asked=False,
                )
            )
            _forget_oldest(connection, self._max_ended)
            return _get(connection, job_id), True

    def save(
        self, job_id: str, *, done: int, total: int, rate_per_s: float | None, doing: str
    ) -> bool:
        """Save how far a job is; return whether somebody has asked for its end."""
        with self._database.write("save the job") as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=JobState.RUNNING,
                    done=done,
                    total=total,
                    rate_per_s=rate_per_s,
                    doing=doing,
                    updated_at=datetime.now(UTC),
                )
            )
            asked = select(jobs.c.cancel_asked).where(jobs.c.id == job_id)
            return bool(connection.scalar(asked))

    def finish(
        self,
        job_id: str,
        state: JobState,
        *,
        done: int,
        total: int,
        result: Mapping[str, Any] | None = None,
        error: HearthError | None = None,
    ) -> JobRecord:
        """Save how a job ended; nobody works on it any more."""
        now = datetime.now(UTC)
        with self._database.write("end the job") as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id)
                .values(
                    state=state,
                    done=done,
                    total=total,
                    result=None if result is None else json.dumps(dict(result)),
                    error=None if error is None else json.dumps(error.as_data()),
                    rate_per_s=None,
                    doing="",
                    updated_at=now,
                    finished_at=now,
                    writer=None,
                )
            )
            return _get(connection, job_id)

    def ask_cancel(self, job_id: str) -> JobRecord:
        """Ask whichever process works on a job to stop; a job that has ended stays as it is."""
        with self._database.write("cancel the job") as connection:
            _settle(connection, datetime.now(UTC))
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.writer.is_not(None))
                .values(cancel_asked=True)
            )
            return _get(connection, job_id)

    def get(self, job_id: str) -> JobRecord:
        """Return a job; NotFound if there is none."""
        with self._database.read("read the job") as connection:
            record = _get(connection, job_id)
        if record.state.ended:
            return record
        self.settle()
        with self._database.read("read the job") as connection:
            return _get(connection, job_id)

    def list(self, *, limit: int = 50) -> list[JobRecord]:
        """Return jobs, newest first."""
        self.settle()
        query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
        with self._database.read("list the jobs") as connection:
            return [_to_record(row) for row in connection.execute(query)]

    def settle(self) -> None:
        """Mark the jobs of processes that are gone as interrupted."""
        now = datetime.now(UTC)
        with self._database.read("read the jobs") as connection:
            if not _of_the_dead(connection, now):
                return
        with self._database.write("settle the jobs") as connection:
            _settle(connection, now)


def _of_the_dead(connection: Connection, now: datetime) -> list[str]:
    live = select(jobs.c.id, jobs.c.writer, jobs.c.updated_at).where(jobs.c.writer.is_not(None))
    return [
        row.id
        for row in connection.execute(live)
        if not is_writing(row.writer, now - row.updated_at)
    ]


def _settle(connection: Connection, now: datetime) -> None:
    dead = _of_the_dead(connection, now)
    if dead:
        connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(dead))
            .values(
                state=JobState.INTERRUPTED, writer=None, rate_per_s=None, doing="", finished_at=now
            )
        )


def _forget_oldest(connection: Connection, max_ended: int) -> None:
    ended = select(jobs.c.id).where(jobs.c.writer.is_(None))
    num_ended = connection.scalar(select(func.count()).select_from(ended.subquery())) or 0
    if num_ended > max_ended:
        oldest = ended.order_by(jobs.c.created_at).limit(num_ended - max_ended)
        connection.execute(delete(jobs).where(jobs.c.id.in_(oldest)))


def _get(connection: Connection, job_id: str) -> JobRecord:
    query = select(jobs).where(jobs.c.id == job_id)
    row = connection.execute(query).one_or_none() if job_id.isascii() else None
    if row is None:
        raise NotFound(
            f"There is no job {job_id[:64]!r}.", hint="`hearth jobs` lists them.", param="job"
        )
    return _to_record(row)


def _to_record(row: Row[Any]) -> JobRecord:
    return JobRecord(
        id=row.id,
        kind=row.kind,
        target=row.target,
        arguments=json.loads(row.arguments),
        state=JobState(row.state),
        done=row.done,
        total=row.total,
        rate_per_s=row.rate_per_s,
        doing=row.doing,
        result=json.loads(row.result) if row.result else None,
        error=json.loads(row.error) if row.error else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        finished_at=row.finished_at,
        cancel_asked=row.cancel_asked,
    )
