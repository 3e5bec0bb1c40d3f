"""The list beside the Guide page: the tree of topics, or those that a search found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hearth.guide import Topic
from hearth.guide.search import search
from hearth.web import figures
from hearth.web.commands import Command, Handler
from hearth.web.components.region import Region
from hearth.web.components.topic import tree
from hearth.web.frame import Frame
from hearth.web.parts import part

MAX_QUERY_CHARS = 200


@dataclass(slots=True, kw_only=True)
class TreeView:
    """The tree, with the topic that is read marked in it."""

    frame: Frame
    rows: Region
    current: Topic | None = field(default=None, init=False)
    _query: str = field(default="", init=False)
    _hits: tuple[Topic, ...] = field(default=(), init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the command of the search."""
        return {"guide-search": self._search}

    def draw(self) -> None:
        """Draw the tree, or what was found."""
        current = self.current.id if self.current else ""
        if self._query:
            self.rows.show(part("guide_hits", hits=self._hits, current=current))
        else:
            self.rows.show(part("guide_tree", branches=tree(self.current), current=current))

    async def _search(self, command: Command) -> None:
        self._query = command.get("query", "").strip()[:MAX_QUERY_CHARS]
        found = await asyncio.to_thread(search, self._query)
        self._hits = tuple(hit.topic for hit in found)
        self.draw()
        if self._query:
            self.frame.say(f"{figures.count(len(self._hits), 'topic')} found.")


def tree_view(frame: Frame) -> TreeView:
    """Put the search and the tree into the list beside the page."""
    with frame.side:
        Region(part("guide_side"))
        rows = Region(tag="nav").classes("rows topics").props('aria-label="Topics"')
    return TreeView(frame=frame, rows=rows)
