"""What an Arena page shows now: the vote, the board, or the choice of who takes part."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.web.commands import Handler
from hearth.web.frame import Frame
from hearth.web.pages.arena_board import BoardView, board_view
from hearth.web.pages.arena_book import ArenaBook
from hearth.web.pages.arena_setup import SetupView, setup_view
from hearth.web.pages.arena_vote import VoteView, vote_view
from hearth.web.pages.chips import Chips
from hearth.web.parts import part
from hearth.web.places import Place, places_of
from hearth.web.services import Services
from hearth.web.views import Views, draw_views


@dataclass(slots=True, kw_only=True)
class ArenaView:
    """One page of one browser tab."""

    frame: Frame
    chips: Chips
    views: Views
    book: ArenaBook
    vote: VoteView
    board: BoardView
    setup: SetupView

    def commands(self) -> dict[str, Handler]:
        """Return what the browser may ask of this page."""
        return {**self.views.commands(), **self.vote.commands(), **self.setup.commands()}

    async def start(self, place: Place) -> None:
        """Show the page's first view, with those who take part."""
        self.views.start(place)
        await self.refresh()
        await self.book.read_models()
        await self.update()

    async def refresh(self) -> None:
        """Show what is in memory, but for a pair that is open: it would tell who answers."""
        if not self.vote.is_blind:
            await self.chips.refresh()
        if self.vote.is_blind:  # also one that was begun while the engine was asked
            self.frame.top_end.show(part("arena_blind"))

    def leave(self) -> None:
        """Stop the answers of a page that is gone."""
        self.vote.leave()

    async def update(self) -> None:
        """Draw the view that is seen, with what it needs."""
        view = self.views.place.view
        if view == "vote":
            self.vote.draw()
        elif view == "board":
            await self.board.update()
        else:
            await self.setup.update()

    async def opened(self) -> None:
        """Begin to vote on those who take part now."""
        self.vote.forget()
        await self.views.go("vote")


def draw_view(services: Services, frame: Frame) -> ArenaView:
    """Put the places of all views into the page that is being made."""
    book = ArenaBook(services=services)
    with draw_views(places_of("arena"), frame, lambda: page.update()) as views:
        with views.view("vote"):
            vote = vote_view(book, frame)
        with views.view("board"):
            board = board_view(book)
        with views.view("setup"):
            setup = setup_view(book, frame, lambda: page.opened())
    page = ArenaView(
        frame=frame,
        chips=Chips(services, frame),
        views=views,
        book=book,
        vote=vote,
        board=board,
        setup=setup,
    )
    views.client.on_delete(page.leave)
    return page
