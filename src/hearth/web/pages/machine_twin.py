"""A twin on the Machine page: begun, watched, stopped, and set beside what was predicted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from nicegui.element import Element

from hearth.errors import HearthError, InvalidRequest
from hearth.jobs import JobRecord, JobState
from hearth.jobs.trying import TRY, start_trying
from hearth.measure.twin import TwinOptions
from hearth.models.sources import Reference, ReferenceKind
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.components.twin import draw_twin
from hearth.web.frame import Frame
from hearth.web.pages.machine_book import Book
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class TwinView:
    """The latest try, whichever page began it: tries belong to the program.

    Args:
        say: Lets a screen reader say something.
    """

    book: Book
    region: Region
    say: Callable[[str], None]
    _model: str = field(default="", init=False)
    _job: JobRecord | None = field(default=None, init=False)
    _drawn: Markup = field(default=Markup(), init=False)
    _drawn_of: tuple[str, bool, str] = field(default=("", False, ""), init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about twins, by name."""
        return {"try": self._try, "stop-try": self._stop}

    def offer(self, model: str) -> None:
        """Put a model's name into the form."""
        self._model = model

    async def follow(self, jobs: Sequence[JobRecord]) -> None:
        """Look how far the latest try is, and tell when it has ended.

        Args:
            jobs: All jobs, the newest first.
        """
        before, self._job = self._job, next((job for job in jobs if job.kind == TRY), None)
        job = self._job
        if job is None or not job.state.ended:
            return
        if before is not None and before.id == job.id and not before.state.ended:
            self.say(f"The try of {job.arguments['model']} has ended: {job.state.value}.")
        if job.state is JobState.DONE and job.result:
            await self._draw_result(job.id, job.result, str(job.arguments["model"]))

    async def _draw_result(self, job_id: str, result: Mapping[str, Any], model: str) -> None:
        """Draw a result, and again once there is more to hold it against."""
        subject, profile = self.book.subject(model), self.book.profile
        drawn_of = (job_id, subject is not None, profile.date if profile else "")
        if drawn_of != self._drawn_of:
            self._drawn = await asyncio.to_thread(draw_twin, result, subject, profile)
            self._drawn_of = drawn_of

    def draw(self) -> None:
        """Draw the form, and the latest try."""
        job = self._job
        running = job if job is not None and not job.state.ended else None
        share = round(100 * running.done / running.total) if running and running.total else 0
        failed = job is not None and job.state is JobState.FAILED and job.error is not None
        self.region.show(
            part(
                "machine_twin",
                model=self._model,
                running=running,
                share=share,
                error=HearthError.from_data(job.error) if failed and job and job.error else None,
                result=self._drawn,
            )
        )

    async def _try(self, command: Command) -> None:
        self._model = command.get("model", "").strip()
        self._check(self._model)
        jobs = self.book.services.jobs
        self._job = await asyncio.to_thread(start_trying, jobs, self._model, TwinOptions())
        self.say(f"Trying {self._model}.")
        self.draw()

    async def _stop(self, command: Command) -> None:
        if self._job is not None:
            await asyncio.to_thread(self.book.services.jobs.cancel, self._job.id)

    def _check(self, model: str) -> None:
        """Refuse what leads into this machine or its network: who reads the page may be away."""
        if not model:
            raise InvalidRequest("There is no model to try.", hint="Name one.")
        if self.book.subject(model.partition(":")[0]) or self.book.subject(model):
            return
        if not model.startswith("hf:") or Reference.parse(model).kind is not ReferenceKind.HUB:
            raise InvalidRequest(
                f"{model!r} is neither here nor well known, nor on the hub.",
                hint="A reference to the hub begins with hf:, as in hf:owner/model-GGUF:Q4_K_M.",
            )


def twin_view(book: Book, frame: Frame) -> TwinView:
    """Put the view into the current place of the page."""
    with Element("section").classes("tile wide").props("aria-labelledby=m-twin"):
        region = Region()
    return TwinView(book=book, region=region, say=frame.say)
