"""All records on the Evidence page: searched, and the chain checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearth.measure.evidence import Ledger
from hearth.web.commands import Command, Handler
from hearth.web.frame import Frame
from hearth.web.pages.record_list import RecordList, record_list
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class ListView:
    """The records that a search found, and the state of the chain."""

    ledger: Ledger
    frame: Frame
    records: RecordList

    def commands(self) -> dict[str, Handler]:
        """Return the commands about the list, by name."""
        return {"evidence-verify": self._verify, **self.records.commands()}

    async def update(self) -> None:
        """Search again, and draw."""
        await self.records.update()

    async def _verify(self, command: Command) -> None:
        verified = await asyncio.to_thread(self.ledger.verify)
        self.records.notice = part("evidence_verified", verified=verified)
        self.records.draw()
        sound = "Nothing was changed." if verified.is_sound else "Something was changed."
        self.frame.say(sound)


def list_view(ledger: Ledger, frame: Frame) -> ListView:
    """Put the view into the current place of the page."""
    records = record_list(ledger, frame, button=part("evidence_verify"))
    return ListView(ledger=ledger, frame=frame, records=records)
