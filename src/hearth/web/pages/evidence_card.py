"""A card that somebody else made on the Evidence page: checked first, and then kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hearth.errors import HearthError, InvalidRequest
from hearth.measure.evidence import Ledger
from hearth.measure.evidence.cards import read_card
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class CardView:
    """The form that takes a card.

    Args:
        on_taken: Called with the id of the record that a card held.
    """

    ledger: Ledger
    frame: Frame
    region: Region
    on_taken: Callable[[str], Awaitable[None]]
    _error: HearthError | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the command of the form."""
        return {"evidence-take": self._take}

    def draw(self) -> None:
        """Draw the form."""
        self.region.show(part("evidence_take", error=self._error))

    async def _take(self, command: Command) -> None:
        try:
            record_id, is_new = await asyncio.to_thread(self._kept, command.get("card", ""))
        except HearthError as error:
            self._error = error
            self.draw()
            return
        self._error = None
        self.draw()
        words = "is kept beside the chain" if is_new else "was here already"
        self.frame.toasts.say(f"The card is whole, and {words}.")
        await self.on_taken(record_id)

    def _kept(self, text: str) -> tuple[str, bool]:
        if not text.strip():
            raise InvalidRequest("There is no card.", hint="Choose its file, or paste its text.")
        card = read_card(text.encode())
        record, is_new = self.ledger.add_card(card.text, card.items)
        return record.digest, is_new


def card_view(ledger: Ledger, frame: Frame, on_taken: Callable[[str], Awaitable[None]]) -> CardView:
    """Put the view into the current place of the page."""
    region = Region(tag="section").classes("tile wide").props("aria-labelledby=e-card")
    return CardView(ledger=ledger, frame=frame, region=region, on_taken=on_taken)
