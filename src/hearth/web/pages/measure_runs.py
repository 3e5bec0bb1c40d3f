"""Runs on the Measure page: begin one, see how far it is, and what was measured before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup
from nicegui.element import Element

from hearth.errors import HearthError, InvalidRequest
from hearth.jobs import JobRecord, JobState
from hearth.jobs.benching import BENCH, start_bench
from hearth.measure.evidence import Record
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.bench_form import bench_kinds, draw_bench_form
from hearth.web.components.job_line import draw_job
from hearth.web.components.record_table import record_rows
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.local_models import LocalModels
from hearth.web.parts import part
from hearth.web.services import Services

PAGE = 30
MAX_JOBS = 50  # that are looked at
MAX_ENDED = 3  # jobs that ended without a record, and are shown
NUM_PICKED = 2


@dataclass(slots=True, kw_only=True)
class RunsView:
    """The form, the jobs, and the records.

    Args:
        shelf: The models of the library.
        on_compare: Called with the ids of two records, a comma between them.
    """

    services: Services
    shelf: LocalModels
    frame: Frame
    form: Region
    live: Region
    rows: Region
    on_compare: Callable[[str], Awaitable[None]]
    _kind: str = field(default="", init=False)
    _models: tuple[str, ...] | None = field(default=None, init=False)
    _records: list[Record] | None = field(default=None, init=False)
    _error: HearthError | None = field(default=None, init=False)
    _jobs: list[JobRecord] = field(default_factory=list, init=False)
    _picked: list[str] = field(default_factory=list, init=False)
    _limit: int = field(default=PAGE, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about runs, by name."""
        return {
            "bench-kind": self._choose_kind,
            "bench": self._begin,
            "job-stop": self._stop,
            "measure-pick": self._pick,
            "measure-compare": self._compare,
            "measure-unpick": self._unpick,
            "measure-more": self._more,
        }

    async def update(self) -> None:
        """Read the models and the records, and draw."""
        try:
            await asyncio.to_thread(self._read)
            self._error = None
        except HearthError as error:
            self._error = error
        self.draw()

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
        """Draw everything as it is known now."""
        self.form.show(draw_bench_form(self._kind, self._models))
        self.draw_jobs()
        if self._error is not None:
            self.rows.show(part("error", error=self._error))
        elif self._records is not None:
            self.rows.show(self._history(self._records))

    def draw_jobs(self) -> None:
        """Draw the measurements that run, and those that failed of late."""
        running = [job for job in self._jobs if not job.state.ended]
        failed = [job for job in self._jobs[:MAX_ENDED] if job.state is JobState.FAILED]
        self.live.show(Markup("").join(draw_job(job) for job in [*running, *failed]))

    def _history(self, records: Sequence[Record]) -> Markup:
        shown = records[: self._limit]
        names = {record.id: f"{record.kind} of {record.names}" for record in records}
        bar = part(
            "measure_picked",
            picked=[names.get(each, each) for each in self._picked],
            needed=NUM_PICKED,
        )
        rows = part(
            "evidence_rows",
            rows=list(record_rows(shown, self._picked)),
            more=len(records) > self._limit,
            searched=False,
            pick=True,
        )
        return bar + rows

    def _read(self) -> None:
        self._models = tuple(model.name for model in self.shelf.all())
        self._records = self.services.ledger.list(limit=self._limit + 1)

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

    async def _pick(self, command: Command) -> None:
        picked = command.get("id", "")
        if picked in self._picked:
            self._picked.remove(picked)
        else:
            self._picked = [*self._picked, picked][-NUM_PICKED:]
        self.draw()

    async def _unpick(self, command: Command) -> None:
        self._picked = []
        self.draw()

    async def _compare(self, command: Command) -> None:
        if len(self._picked) != NUM_PICKED:
            raise InvalidRequest("A comparison needs two records.", hint="Mark two of one kind.")
        later, earlier = sorted(self._picked, key=self._place_of)
        await self.on_compare(f"{earlier},{later}")

    def _place_of(self, record_id: str) -> int:
        """Return where a record stands in the history, the newest first."""
        ids = [record.id for record in self._records or ()]
        return ids.index(record_id) if record_id in ids else len(ids)

    async def _more(self, command: Command) -> None:
        self._limit += PAGE
        await self.update()


def runs_view(
    services: Services,
    shelf: LocalModels,
    frame: Frame,
    on_compare: Callable[[str], Awaitable[None]],
) -> RunsView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-begin"):
        form = Region()
    live = Region().classes("live-runs")
    rows = Region()
    return RunsView(
        services=services,
        shelf=shelf,
        frame=frame,
        form=form,
        live=live,
        rows=rows,
        on_compare=on_compare,
    )
