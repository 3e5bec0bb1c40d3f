"""What an Evidence page shows now: the list, one record, or the form that takes a card."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.web.commands import Command, Handler
from hearth.web.frame import Frame
from hearth.web.pages.chips import Chips
from hearth.web.pages.evidence_card import CardView, card_view
from hearth.web.pages.evidence_list import ListView, list_view
from hearth.web.pages.evidence_record import RecordView, record_view
from hearth.web.places import Place, places_of
from hearth.web.services import Services
from hearth.web.views import Views, draw_views


@dataclass(slots=True, kw_only=True)
class EvidenceView:
    """One page of one browser tab."""

    chips: Chips
    views: Views
    records: ListView
    record: RecordView
    card: CardView

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {
            "evidence-open": self._open,
            **self.views.commands(),
            **self.records.commands(),
            **self.record.commands(),
            **self.card.commands(),
        }

    async def start(self, place: Place) -> None:
        """Show the page's first view."""
        self.views.start(place)
        await self.chips.refresh()
        await self.update()

    async def refresh(self) -> None:
        """Look at what goes on, and draw what has changed."""
        await self.chips.refresh()
        await self.record.refresh()

    async def update(self) -> None:
        """Draw the view that is seen, with what it needs."""
        place = self.views.place
        if place.view == "list":
            await self.records.update()
        elif place.view == "record":
            await self.record.show(place.subject)
        else:
            self.card.draw()

    async def _open(self, command: Command) -> None:
        await self.views.go("record", command.get("id", ""))


def draw_view(services: Services, frame: Frame) -> EvidenceView:
    """Put the places of all views into the page that is being made."""
    with draw_views(places_of("evidence"), frame, lambda: page.update()) as views:
        with views.view("list"):
            records = list_view(services.ledger, frame)
        with views.view("record"):
            record = record_view(services, frame, lambda made: views.go("record", made))
        with views.view("card"):
            card = card_view(services.ledger, frame, lambda taken: views.go("record", taken))
    page = EvidenceView(
        chips=Chips(services, frame), views=views, records=records, record=record, card=card
    )
    return page
