"""Records of the evidence as a list: searched, of one kind, a page more, and two of them picked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from markupsafe import Markup

from hearth.errors import HearthError, InvalidRequest
from hearth.measure.evidence import Ledger, Record
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.record_table import record_rows
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.parts import part

PAGE = 40
MAX_QUERY_CHARS = 200
NUM_PICKED = 2

OnCompare = Callable[[str], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class RecordList:
    """The list of a page; where records can be compared they are picked, else opened in place.

    Args:
        bar: The search.
        rows: What it found.
        button: One more button in the bar.
        notice: What is said between the search and what it found.
        on_compare: Called with the ids of two records, a comma between them; None picks nothing.
    """

    ledger: Ledger
    frame: Frame
    bar: Region
    rows: Region
    button: Markup
    on_compare: OnCompare | None
    notice: Markup = field(default=Markup(), init=False)
    _records: list[Record] | None = field(default=None, init=False)
    _kinds: list[str] = field(default_factory=list, init=False)
    _damaged: list[str] = field(default_factory=list, init=False)
    _error: HearthError | None = field(default=None, init=False)
    _picked: list[str] = field(default_factory=list, init=False)
    _query: str = field(default="", init=False)
    _kind: str = field(default="", init=False)
    _limit: int = field(default=PAGE, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about the list, by name."""
        return {
            "records-search": self._search,
            "records-kind": self._choose_kind,
            "records-more": self._more,
            "records-pick": self._pick,
            "records-unpick": self._unpick,
            "records-compare": self._compare,
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
        self.bar.show(
            part(
                "records_bar",
                query=self._query,
                kind=self._kind,
                kinds=self._kinds,
                button=self.button,
                notice=self.notice,
                damaged=self._damaged,
            )
        )
        if self._error is not None:
            self.rows.show(part("error", error=self._error))
        elif self._records is not None:
            self.rows.show(self._drawn(self._records))

    def _drawn(self, records: list[Record]) -> Markup:
        rows = part(
            "records",
            rows=list(record_rows(records[: self._limit], self._picked)),
            more=len(records) > self._limit,
            searched=bool(self._query or self._kind),
            pick=self.on_compare is not None,
        )
        names = {record.id: f"{record.kind} of {record.names}" for record in records}
        picked = [names.get(each, each) for each in self._picked]
        return part("records_picked", picked=picked, needed=NUM_PICKED) + rows

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
        await self._start_again()

    async def _choose_kind(self, command: Command) -> None:
        self._kind = command.get("kind", "")
        await self._start_again()

    async def _start_again(self) -> None:
        self._limit = PAGE
        await self.update()
        found = min(len(self._records or ()), self._limit)
        self.frame.say(f"{figures.count(found, 'record')} shown.")

    async def _more(self, command: Command) -> None:
        self._limit += PAGE
        await self.update()

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
        if len(self._picked) != NUM_PICKED or self.on_compare is None:
            raise InvalidRequest("A comparison needs two records.", hint="Mark two of one kind.")
        later, earlier = sorted(self._picked, key=self._place_of)
        await self.on_compare(f"{earlier},{later}")

    def _place_of(self, record_id: str) -> int:
        """Return where a record stands in the list, the newest first."""
        ids = [record.id for record in self._records or ()]
        return ids.index(record_id) if record_id in ids else len(ids)


def record_list(
    ledger: Ledger,
    frame: Frame,
    *,
    button: Markup | None = None,
    on_compare: OnCompare | None = None,
) -> RecordList:
    """Put the list into the current place of the page; see `RecordList` for what it takes."""
    bar = Region(tag="header")
    rows = Region()
    return RecordList(
        ledger=ledger,
        frame=frame,
        bar=bar,
        rows=rows,
        button=button or Markup(),
        on_compare=on_compare,
    )
