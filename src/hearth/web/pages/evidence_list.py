"""All records on the Evidence page: searched, and the chain checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hearth.errors import HearthError
from hearth.measure.evidence import Ledger, Record
from hearth.measure.evidence.checking import Verification
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.record_table import record_rows
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part

PAGE = 50
MAX_QUERY_CHARS = 200


@dataclass(slots=True, kw_only=True)
class ListView:
    """The search, the records that it found, and the state of the chain."""

    ledger: Ledger
    frame: Frame
    head: Region
    rows: Region
    _records: list[Record] | None = field(default=None, init=False)
    _kinds: list[str] = field(default_factory=list, init=False)
    _damaged: list[str] = field(default_factory=list, init=False)
    _verified: Verification | None = field(default=None, init=False)
    _error: HearthError | None = field(default=None, init=False)
    _query: str = field(default="", init=False)
    _kind: str = field(default="", init=False)
    _limit: int = field(default=PAGE, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about the list, by name."""
        return {
            "evidence-search": self._search,
            "evidence-kind": self._choose_kind,
            "evidence-more": self._more,
            "evidence-verify": self._verify,
        }

    async def update(self) -> None:
        """Search again, and draw."""
        try:
            await asyncio.to_thread(self._read)
            self._error = None
        except HearthError as error:
            self._error = error
        self.draw()

    def draw(self) -> None:
        """Draw what was read."""
        records = self._records
        self.head.show(
            part(
                "evidence_head",
                query=self._query,
                kind=self._kind,
                kinds=self._kinds,
                verified=self._verified,
                damaged=self._damaged,
            )
        )
        if self._error is not None:
            self.rows.show(part("error", error=self._error))
        elif records is not None:
            self.rows.show(
                part(
                    "evidence_rows",
                    rows=list(record_rows(records[: self._limit])),
                    more=len(records) > self._limit,
                    searched=bool(self._query or self._kind),
                    pick=False,
                )
            )

    def _read(self) -> None:
        self._damaged = []
        self._kinds = self.ledger.kinds()
        self._records = self.ledger.list(
            kind=self._kind or None,
            text=self._query or None,
            limit=self._limit + 1,
            on_damage=self._damaged.append,
        )

    async def _search(self, command: Command) -> None:
        self._query = command.get("query", "")[:MAX_QUERY_CHARS]
        self._limit = PAGE
        await self._update_and_say()

    async def _choose_kind(self, command: Command) -> None:
        self._kind = command.get("kind", "")
        self._limit = PAGE
        await self._update_and_say()

    async def _more(self, command: Command) -> None:
        self._limit += PAGE
        await self.update()

    async def _update_and_say(self) -> None:
        await self.update()
        found = min(len(self._records or ()), self._limit)
        self.frame.say(f"{figures.count(found, 'record')} shown.")

    async def _verify(self, command: Command) -> None:
        self._verified = await asyncio.to_thread(self.ledger.verify)
        self.draw()
        sound = "Nothing was changed." if self._verified.is_sound else "Something was changed."
        self.frame.say(sound)


def list_view(ledger: Ledger, frame: Frame) -> ListView:
    """Put the view into the current place of the page."""
    head = Region(tag="header")
    rows = Region()
    return ListView(ledger=ledger, frame=frame, head=head, rows=rows)
