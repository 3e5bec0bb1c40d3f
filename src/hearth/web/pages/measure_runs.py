"""Runs on the Measure page: begin one, see how far it is, and what was measured before."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from nicegui.element import Element

from hearth.errors import HearthError, InvalidRequest
from hearth.jobs import JobRecord, JobState
from hearth.jobs.benching import BENCH, start_bench
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.bench_form import bench_kinds, draw_bench_form
from hearth.web.components.job_line import draw_job
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.record_list import OnCompare, RecordList, record_list
from hearth.web.parts import part
from hearth.web.services import Services

MAX_JOBS = 50  # that are looked at
MAX_ENDED = 3  # jobs that ended without a record, and are shown


@dataclass(slots=True, kw_only=True)
class RunsView:
    """The form, the jobs, and the records."""

    services: Services
    frame: Frame
    form: Region
    live: Region
    records: RecordList
    _kind: str = field(default="", init=False)
    _models: tuple[str, ...] | None = field(default=None, init=False)
    _error: HearthError | None = field(default=None, init=False)
    _jobs: list[JobRecord] = field(default_factory=list, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about runs, by name."""
        return {
            "bench-kind": self._choose_kind,
            "bench": self._begin,
            "job-stop": self._stop,
            **self.records.commands(),
        }

    async def update(self) -> None:
        """Read the models and the records, and draw."""
        try:
            found = await asyncio.to_thread(self.services.shelf.all)
        except HearthError as error:
            self._error = error
        else:
            self._models, self._error = tuple(model.name for model in found), None
        self.draw()
        await self.records.update()

    async def follow(self, jobs: Sequence[JobRecord]) -> bool:
        """Look how far the measurements are.

        Args:
            jobs: All jobs, the newest first.

        Returns:
            Whether one has ended, so that there may be a new record.
        """
        before = {job.id: job.state for job in self._jobs}
        self._jobs = [job for job in jobs if job.kind == BENCH]
        ended = [
            job
            for job in self._jobs
            if job.state.ended and job.id in before and not before[job.id].ended
        ]
        for job in ended:
            self.frame.say(f"{figures.sentence(job.target)} has ended: {job.state.value}.")
        return bool(ended)

    def draw(self) -> None:
        """Draw the form and the jobs as they are known now."""
        if self._error is not None:
            self.form.show(part("error", error=self._error))
        else:
            self.form.show(draw_bench_form(self._kind, self._models))
        self.draw_jobs()

    def draw_jobs(self) -> None:
        """Draw the measurements that run, and those that failed of late."""
        running = [job for job in self._jobs if not job.state.ended]
        failed = [job for job in self._jobs[:MAX_ENDED] if job.state is JobState.FAILED]
        self.live.show(Markup("").join(draw_job(job) for job in [*running, *failed]))

    async def _choose_kind(self, command: Command) -> None:
        self._kind = command.get("bench", "")
        self.draw()

    async def _begin(self, command: Command) -> None:
        name = command.get("bench", "")
        kind = next((kind for kind in bench_kinds() if kind.name == name), None)
        if kind is None:
            raise InvalidRequest(f"There is no measurement {name!r}.")
        self._kind = name
        target, arguments = kind.asked(command, self._models or ())
        await asyncio.to_thread(start_bench, self.services.jobs, name, target, arguments)
        self.frame.say(f"Measuring {target} has begun.")
        await self.follow(await asyncio.to_thread(self.services.jobs.list, limit=MAX_JOBS))
        self.draw_jobs()

    async def _stop(self, command: Command) -> None:
        await asyncio.to_thread(self.services.jobs.cancel, command.get("id", ""))


def runs_view(
    services: Services,
    frame: Frame,
    on_compare: OnCompare,
) -> RunsView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-begin"):
        form = Region()
    live = Region().classes("live-runs")
    records = record_list(services.ledger, frame, on_compare=on_compare)
    return RunsView(services=services, frame=frame, form=form, live=live, records=records)
