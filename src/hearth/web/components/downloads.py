"""Downloads as lines with a bar: those that go on, and those that ended a while ago."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from hearth.errors import HearthError
from hearth.jobs import JobRecord, JobState
from hearth.jobs.pulls import PULL
from hearth.models.sources import Reference
from hearth.web.components.model_table import model_path
from hearth.web.components.work import Progress
from hearth.web.parts import part

DONE_SHOWN = timedelta(minutes=10)
FAILED_SHOWN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One download as the page shows it.

    Args:
        title: What is fetched.
        doing: What goes on now, or how it ended.
        path: Address of the model's card once it is here; empty until then.
    """

    id: str
    title: str
    doing: str
    state: JobState
    progress: Progress
    path: str = ""
    error: HearthError | None = None

    @property
    def needs_word(self) -> bool:
        """Whether it is so large that somebody must say once more that it is meant."""
        return self.error is not None and self.error.param == "allow_large"

    @property
    def can_resume(self) -> bool:
        """Whether it can be gone on with as it is."""
        return self.state.ended and self.state is not JobState.DONE and not self.needs_word


def downloads_of(
    jobs: Iterable[JobRecord], now: datetime, dismissed: frozenset[str]
) -> list[Download]:
    """Return the downloads that are worth showing, the newest first.

    Of several attempts at one target only the newest is told.

    Args:
        jobs: All jobs, the newest first.
        now: The present time.
        dismissed: Ids of those that somebody has put out of sight.
    """
    shown: dict[str, Download] = {}
    seen: set[str] = set()
    for job in jobs:
        if job.kind != PULL or job.target in seen:
            continue
        seen.add(job.target)
        age = now - (job.finished_at or now)
        limit = DONE_SHOWN if job.state is JobState.DONE else FAILED_SHOWN
        if job.id not in dismissed and age <= limit:
            shown[job.id] = _download(job)
    return list(shown.values())


def draw_downloads(downloads: Sequence[Download]) -> Markup:
    """Return the downloads as HTML; nothing when there is none."""
    return part("downloads", downloads=downloads)


def _download(job: JobRecord) -> Download:
    name = job.result.get("name", "") if job.result else ""
    title = _title(job.target)
    return Download(
        id=job.id,
        title=title,
        doing=_doing(job, title),
        state=job.state,
        progress=Progress(
            done=job.done,
            total=job.total,
            rate_per_s=None if job.state.ended else job.rate_per_s,
        ),
        path=model_path(name) if name else "",
        error=HearthError.from_data(job.error) if job.error else None,
    )


def _title(target: str) -> str:
    """Return the short name of what is fetched: its file, or else its repository."""
    reference = Reference.parse(target.partition(" -> ")[0])
    return (reference.file or reference.name).rsplit("/", 1)[-1]


def _doing(job: JobRecord, title: str) -> str:
    words = {
        JobState.QUEUED: "Waiting in line",
        JobState.DONE: "Here, and verified",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Stopped; what has come is kept",
        JobState.INTERRUPTED: "Interrupted; what has come is kept",
    }
    return words.get(job.state) or ("" if job.doing.endswith(title) else job.doing)
