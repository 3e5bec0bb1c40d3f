"""The arena: choose two contestants, show their answers blind, keep the vote, say what it means.

    pair = arena.next_pair()                    # or next_pair(prompt="...")
    async for event in arena.answers(pair.id)   # SideText, SideEnded, and at last PairEnded
    revealed = arena.vote(pair.id, Outcome.LEFT)  # on disk when this returns
    board = arena.board()

`answers` is asynchronous; the rest is synchronous, may wait for the disk, and may be called from
threads.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from hearth.measure.arena.board import Board
from hearth.measure.arena.pairs import Pair, PairEvent, Revealed
from hearth.store.voted import Contestant, Outcome


class ArenaDoor(Protocol):
    """What a face needs of an arena."""

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """Who takes part."""
        ...

    def next_pair(self, prompt: str | None = None) -> Pair:
        """Choose two contestants and their sides, for a prompt that was typed or (None) drawn.

        Raises:
            InvalidRequest: There is no prompt to draw, or the text cannot be used.
        """
        ...

    def answers(self, pair_id: str) -> AsyncGenerator[PairEvent, None]:
        """Let both contestants answer; what is shown of the two grows at one speed.

        Raises:
            NotFound: There is no such pair, or it has been voted on.
        """
        ...

    def vote(self, pair_id: str, outcome: Outcome) -> Revealed:
        """Keep a vote on a pair whose answers are whole, and tell the names.

        Raises:
            NotFound: There is no such pair, or it has been voted on.
            InvalidRequest: Its answers are not whole.
            StoreError: The disk did not take the vote; it may be given again.
        """
        ...

    def board(self) -> Board:
        """Return what all votes on these contestants say."""
        ...
