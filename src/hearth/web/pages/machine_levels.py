"""This machine on the Machine page: its levels, its engine, what is not known, and measuring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hearth.config import Config
from hearth.doctor.devices import examine_devices
from hearth.doctor.engine import examine_engine, read_build
from hearth.doctor.finding import Finding
from hearth.errors import HearthError
from hearth.jobs import JobRecord, JobState
from hearth.jobs.measuring import MEASURE, start_measuring
from hearth.machine.missing import unknown_figures
from hearth.machine.probe import read_machine
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.ladder import draw_ladder
from hearth.web.components.machine_head import headline
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class LevelsView:
    """The first view of the page.

    Args:
        say: Lets a screen reader say something.
        on_measured: Called when new figures are there.
    """

    book: Book
    head: Region
    body: Region
    say: Callable[[str], None]
    on_measured: Callable[[], Awaitable[None]]
    _findings: tuple[Finding, ...] = field(default=(), init=False)
    _job: JobRecord | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about measuring, by name."""
        return {"stop-measure": self._stop}

    async def read(self) -> None:
        """Read what is not in the profile: whether the engine fits this machine."""
        self._findings = await asyncio.to_thread(_examine, self.book.services.config)

    async def follow(self, jobs: Sequence[JobRecord]) -> None:
        """Look how far a measurement is, and take its figures once it is done.

        Args:
            jobs: All jobs, the newest first.
        """
        before, self._job = self._job, next((job for job in jobs if job.kind == MEASURE), None)
        if before is None or self._job is None or before.id != self._job.id:
            return
        if self._job.state.ended and not before.state.ended:
            await self._tell_end(self._job)

    def draw(self) -> None:
        """Draw everything as it is known now."""
        profile = self.book.profile
        if profile is None:
            return
        running = self._job is not None and not self._job.state.ended
        self.head.show(
            part(
                "machine_head",
                headline=headline(profile),
                measured=_measured_words(profile.date, profile.seconds, profile.load),
                is_measured=profile.seconds is not None,
                doing=self._job.doing if running and self._job else "",
                running=running,
                passed=_passed(self._job) if running and self._job else "",
                error=self._error(),
            )
        )
        self.body.show(
            part(
                "machine_levels",
                ladder=draw_ladder(profile),
                findings=self._findings,
                toolkits=profile.toolkits,
                missing=unknown_figures(profile),
            )
        )

    def _error(self) -> HearthError | None:
        if self._job is None or self._job.state is not JobState.FAILED or self._job.error is None:
            return None
        return HearthError.from_data(self._job.error)

    async def measure(self) -> None:
        """Begin to measure, or join the measurement that goes on."""
        self._job = await asyncio.to_thread(start_measuring, self.book.services.jobs)
        self.say("Measuring has begun.")
        self.draw()

    async def _stop(self, command: Command) -> None:
        if self._job is not None:
            await asyncio.to_thread(self.book.services.jobs.cancel, self._job.id)

    async def _tell_end(self, job: JobRecord) -> None:
        if job.state is JobState.DONE:
            self.say("The machine has been measured; new figures are shown.")
            await self.on_measured()
        else:
            self.say("The measurement has ended without new figures.")


def levels_view(book: Book, frame: Frame, on_measured: Callable[[], Awaitable[None]]) -> LevelsView:
    """Put the view into the current place of the page."""
    head = Region(tag="header").classes("machine-head")
    body = Region().classes("view-body")
    return LevelsView(book=book, head=head, body=body, say=frame.say, on_measured=on_measured)


def _examine(config: Config) -> tuple[Finding, ...]:
    build, machine = read_build(), read_machine(config)
    return (examine_engine(build, machine), *examine_devices(build, machine))


def _measured_words(date: str, seconds: float | None, load: float | None) -> str:
    if seconds is None:
        return "Nothing is measured yet: what is shown is what the system and tables tell."
    when = figures.since(datetime.fromisoformat(date).astimezone(), datetime.now(UTC).astimezone())
    busy = f", at a load of {load:.1f}" if load is not None else ""
    return f"Measured {when} in {seconds:.0f} s{busy}."


def _passed(job: JobRecord) -> str:
    passed = datetime.now(UTC) - job.created_at
    return f"{max(0, round(passed.total_seconds()))} s"
