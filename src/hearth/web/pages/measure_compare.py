"""Two records on the Measure page: which is better, figure by figure, or that nobody can tell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from markupsafe import Markup

from hearth.errors import HearthError, InvalidRequest
from hearth.measure.evidence import Ledger, agree
from hearth.web.components.comparison import draw_comparison
from hearth.web.components.region import Region
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class CompareView:
    """The comparison of the two records that were picked last."""

    ledger: Ledger
    region: Region

    async def show(self, ids: str) -> None:
        """Compare two records, given by their ids with a comma between them."""
        if not ids:
            self.region.show(part("measure_pick_two"))
            return
        try:
            self.region.show(await asyncio.to_thread(self._compared, ids))
        except HearthError as error:
            self.region.show(part("error", error=error))

    def _compared(self, ids: str) -> Markup:
        first, comma, second = ids.partition(",")
        if not comma:
            raise InvalidRequest("A comparison needs two records.", hint="Pick two under Runs.")
        old, new = self.ledger.get(first), self.ledger.get(second)
        if old.kind != new.kind:
            raise InvalidRequest(
                f"{old.id} measures {old.kind}, and {new.id} measures {new.kind}.",
                hint="Pick two of the same kind.",
            )
        return draw_comparison(old, new, agree(old, new))


def compare_view(ledger: Ledger) -> CompareView:
    """Put the view into the current place of the page."""
    return CompareView(ledger=ledger, region=Region().classes("view-body"))
