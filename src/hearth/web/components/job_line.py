"""A job as a line with a bar: what goes on, how far, how long still; or why it failed."""

from __future__ import annotations

from markupsafe import Markup

from hearth.errors import HearthError
from hearth.jobs import JobRecord, JobState
from hearth.web import figures
from hearth.web.parts import part

ENDINGS = {
    JobState.CANCELLED: "stopped",
    JobState.INTERRUPTED: "cut off: Hearth ended while it ran",
}


def draw_job(job: JobRecord) -> Markup:
    """Return one job with what can be done about it."""
    failed = job.state is JobState.FAILED and job.error is not None
    share = min(round(100 * job.done / job.total), 100) if job.total else 0
    return part(
        "job_line",
        job=job,
        share=share,
        step=f"{share} %" if job.total else "",
        left=figures.remaining(job.remaining_s) if job.remaining_s else "",
        ending=ENDINGS.get(job.state, ""),
        error=HearthError.from_data(job.error) if failed and job.error else None,
    )
