"""The list of conversations: by date, searched, renamed in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from hearth.store.conversations import Conversations
from hearth.store.records import ConversationSummary
from hearth.web import figures
from hearth.web.components.region import Region
from hearth.web.parts import part

PAGE_SIZE = 60


@dataclass(slots=True, kw_only=True)
class ConversationList:
    """What the list shows now, and the region that it is drawn into.

    Args:
        is_running: Tells whether a conversation is being answered now.
    """

    region: Region
    conversations: Conversations
    is_running: Callable[[str], bool]
    query: str = ""
    current: str | None = None
    renaming: str | None = None
    _limit: int = PAGE_SIZE
    _rows: tuple[ConversationSummary, ...] = field(default=(), init=False)
    _more: bool = field(default=False, init=False)

    async def load(self) -> None:
        """Read the list from the store and draw it."""
        page = await asyncio.to_thread(self.conversations.find, self.query, limit=self._limit)
        self._rows, self._more = page.items, page.next_cursor is not None
        self.draw()

    async def load_more(self) -> None:
        """Show another page of older conversations."""
        self._limit += PAGE_SIZE
        await self.load()

    async def search(self, query: str) -> None:
        """Show only the conversations that contain a text."""
        self.query, self._limit = query.strip(), PAGE_SIZE
        await self.load()

    def draw(self) -> None:
        """Draw what was read last."""
        today = datetime.now().astimezone().date()
        grouped = groupby(self._rows, key=lambda row: figures.day_group(row.updated_at, today))
        self.region.show(
            part(
                "conversations",
                groups=[{"label": label, "rows": list(rows)} for label, rows in grouped],
                current=self.current,
                renaming=self.renaming,
                query=self.query,
                more=self._more,
                running={row.id for row in self._rows if self.is_running(row.id)},
            )
        )
