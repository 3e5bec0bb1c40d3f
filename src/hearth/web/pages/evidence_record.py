"""One record on the Evidence page: its sheet, its cards, and what came of running it again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.errors import HearthError, InvalidRequest, NotFound
from hearth.jobs import JobRecord, Jobs, JobState
from hearth.jobs.replaying import start_replay
from hearth.measure.evidence import Ledger, Record, agree
from hearth.measure.evidence.cards import CardFormat, card_of, render_card
from hearth.measure.kinds import REPLAYS
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.comparison import replay_words
from hearth.web.components.job_line import draw_job
from hearth.web.components.record_sheet import draw_record
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part
from hearth.web.services import Services

MAX_REPLAYS = 5
LOOKED_AT = 200  # records of the same kind, for those that repeat this one
MIMES = {
    CardFormat.MARKDOWN: "text/markdown",
    CardFormat.JSON: "application/json",
    CardFormat.SVG: "image/svg+xml",
}


@dataclass(slots=True, kw_only=True)
class RecordView:
    """The record that is shown.

    Args:
        jobs: Where it is run again.
        work: How far running it again is.
        on_replayed: Called with the id of the record that came of running it again.
    """

    ledger: Ledger
    jobs: Jobs
    frame: Frame
    work: Region
    sheet: Region
    on_replayed: Callable[[str], Awaitable[None]]
    _record: Record | None = field(default=None, init=False)
    _job: JobRecord | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about one record, by name."""
        return {
            "evidence-card": self._card,
            "evidence-replay": self._replay,
            "job-stop": self._stop,
        }

    async def refresh(self) -> None:
        """Look how far running it again is, and show the new record once it is there."""
        if self._job is None or self._job.state.ended:
            return
        self._job = job = await asyncio.to_thread(self.jobs.get, self._job.id)
        self._draw_work()
        if job.state is JobState.DONE and job.result:
            self.frame.say(f"It has been run again; {job.result['verdict']}.")
            await self.on_replayed(str(job.result["evidence"]))

    async def show(self, record_id: str) -> None:
        """Show a record by the beginning of its id; an empty one stands for the newest."""
        try:
            record, replays = await asyncio.to_thread(self._read, record_id)
        except HearthError as error:
            self._record = None
            self.sheet.show(part("error", error=error))
        else:
            self._record = record
            self.sheet.show(draw_record(record, replays, can_replay=record.kind in REPLAYS))
        self._draw_work()

    def _read(self, record_id: str) -> tuple[Record, list[Markup]]:
        if not record_id:
            newest = self.ledger.list(limit=1)
            if not newest:
                raise NotFound(
                    "There is no record yet.", hint="Measure something: `hearth bench speed MODEL`."
                )
            record_id = newest[0].digest
        record = self.ledger.get(record_id)
        same_kind = self.ledger.list(kind=record.kind, limit=LOOKED_AT)
        again = [other for other in same_kind if other.replay_of == record.digest]
        replays = [_replay_line(record, other) for other in again[:MAX_REPLAYS]]
        if record.replay_of:
            replays += self._first_of(record)
        return record, replays

    def _first_of(self, record: Record) -> list[Markup]:
        """Say which record this one repeats, where that one is here."""
        try:
            first = self.ledger.get(record.replay_of)
        except HearthError:
            return []
        return [part("evidence_repeats", id=first.id, words=replay_words(agree(first, record)))]

    def _draw_work(self) -> None:
        job = self._job
        shown = job is not None and job.state is not JobState.DONE
        self.work.show(draw_job(job) if shown and job is not None else Markup())

    async def _replay(self, command: Command) -> None:
        record = await asyncio.to_thread(self.ledger.get, command.get("id", ""))
        self._job = await asyncio.to_thread(start_replay, self.jobs, record)
        self.frame.say("Running it again.")
        self._draw_work()

    async def _stop(self, command: Command) -> None:
        await asyncio.to_thread(self.jobs.cancel, command.get("id", ""))

    async def _card(self, command: Command) -> None:
        form = command.get("format", "")
        if form not in [each.value for each in CardFormat]:
            raise InvalidRequest(f"There is no card of the form {form!r}.")
        name, data, mime = await asyncio.to_thread(self._made, command.get("id", ""), form)
        self.frame.side.client.download(data, name, mime)

    def _made(self, record_id: str, form: str) -> tuple[str, bytes, str]:
        card = card_of(self.ledger, record_id)
        ending = CardFormat(form)
        name = f"hearth-{card.record.kind}-{card.record.id}.{ending.value}"
        return name, render_card(card, ending).encode(), MIMES[ending]


def record_view(
    services: Services, frame: Frame, on_replayed: Callable[[str], Awaitable[None]]
) -> RecordView:
    """Put the view into the current place of the page."""
    work = Region()
    sheet = Region().classes("view-body")
    return RecordView(
        ledger=services.ledger,
        jobs=services.jobs,
        frame=frame,
        work=work,
        sheet=sheet,
        on_replayed=on_replayed,
    )


def _replay_line(old: Record, new: Record) -> Markup:
    made_at = new.made_at.astimezone()
    when = figures.since(made_at, made_at.now(made_at.tzinfo))
    return part("evidence_replay", id=new.id, when=when, words=replay_words(agree(old, new)))
