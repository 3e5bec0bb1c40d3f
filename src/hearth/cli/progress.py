"""A job on stderr: a bar with rate and remaining time on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from hearth.cli import console

if TYPE_CHECKING:
    from hearth.jobs import JobRecord, Jobs

LINE_EVERY_S = 10.0
_IN_BYTES = ("pull", "quantize")  # other work counts steps, which take unequal times


def show_job(jobs: Jobs, job_id: str) -> JobRecord:
    """Show a job until it has ended, and return it as it ended."""
    return (_draw if sys.stderr.isatty() else _write_lines)(jobs, job_id)


def summary(job: JobRecord) -> str:
    """Return how far a job is, as words."""
    if job.kind not in _IN_BYTES:
        return f"step {min(job.done + 1, job.total)} of {job.total}" if job.total else ""
    words = [console.size(job.done)]
    if job.total:
        words = [f"{job.done / job.total:.0%}", f"{words[0]} of {console.size(job.total)}"]
    if job.rate_per_s:
        words.append(f"{console.size(job.rate_per_s)}/s")
    if job.remaining_s is not None:
        words.append(f"{duration(job.remaining_s)} left")
    return ", ".join(words)


def duration(seconds: float) -> str:
    """Return a time span as people read it."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _write_lines(jobs: Jobs, job_id: str) -> JobRecord:
    told_at_s = time.monotonic()
    for job in jobs.watch(job_id):
        if time.monotonic() - told_at_s >= LINE_EVERY_S:
            told_at_s = time.monotonic()
            console.note(": ".join(filter(None, (job.doing, summary(job)))))
    return jobs.get(job_id)


def _draw(jobs: Jobs, job_id: str) -> JobRecord:
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, console=console.err(), transient=True) as shown:
        task = shown.add_task("", total=None, words="")
        for job in jobs.watch(job_id):
            shown.update(
                task,
                description=console.literal(job.doing),
                completed=job.done,
                total=job.total or None,
                words=summary(job),
            )
    return jobs.get(job_id)
