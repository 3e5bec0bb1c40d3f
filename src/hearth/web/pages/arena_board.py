"""The board on the Arena page: what the votes say, with intervals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hearth.errors import HearthError
from hearth.web.components.board import draw_board
from hearth.web.components.region import Region
from hearth.web.pages.arena_book import ArenaBook
from hearth.web.parts import part


@dataclass(slots=True, kw_only=True)
class BoardView:
    """The whole board."""

    book: ArenaBook
    region: Region

    async def update(self) -> None:
        """Count the votes again, and draw."""
        if self.book.arena is None:
            self.region.show(part("arena_none"))
            return
        try:
            board = await asyncio.to_thread(self.book.arena.board)
        except HearthError as error:
            self.region.show(part("error", error=error))
            return
        self.region.show(draw_board(board, self.book.colours()))


def board_view(book: ArenaBook) -> BoardView:
    """Put the view into the current place of the page."""
    return BoardView(book=book, region=Region().classes("view-body"))
