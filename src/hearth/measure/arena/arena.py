"""The arena: choose two contestants, show their answers blind, keep the vote, say what it means.

    pair = arena.next_pair()                      # or next_pair("What is a prime number?")
    async for event in arena.answers(pair.id):    # SideText, SideEnded, and at last PairEnded
        ...
    revealed = arena.vote(pair.id, Outcome.LEFT)  # on disk when this returns
    board = arena.board()

`answers` is asynchronous; the rest is synchronous, may wait for the disk, and may be called from
several threads.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np

from hearth.errors import HearthError, InvalidRequest, NotFound
from hearth.machine.engine_build import engine_build
from hearth.measure.arena.answering import Answering, again
from hearth.measure.arena.board import Board
from hearth.measure.arena.choosing import NUM_DRAWS, first_is_left, to_repeat, top_two
from hearth.measure.arena.pairs import Pair, PairEnded, PairEvent, Revealed
from hearth.measure.arena.prompts import Prompts, typed
from hearth.measure.arena.ratings import rate
from hearth.measure.arena.standings import make_board
from hearth.measure.arena.streams import CHARS_PER_S, OpenAnswer, SideBySide
from hearth.measure.arena.tallies import counts_of, pairs_of
from hearth.store.voted import Contestant, Outcome, Prompt, ShownAnswer, Side, Vote
from hearth.store.votes import Votes

MAX_OPEN_PAIRS = 64  # those that were never voted on are forgotten, the oldest first
MAX_SEED = 2**32 - 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaOptions:
    """How an arena is run.

    Args:
        voter: Who votes.
        anchor: Key of the contestant whose rating is 1000; None for the first.
        chars_per_s: Most characters of an answer that are shown in a second.
        seed: Of all that is drawn; None for a fresh one.
    """

    voter: str = "me"
    anchor: str | None = None
    chars_per_s: float = CHARS_PER_S
    seed: int | None = None


class Arena:
    """Contestants that are compared by votes; see the top of this file.

    Args:
        contestants: At least two that differ in more than their names.
        answering: Lets them answer.
        votes: Keeps the votes; those on the same contestants from earlier days count too.
        prompts: To draw from.
        options: How it is run.

    Raises:
        InvalidRequest: There are fewer than two contestants, or two are the same.
    """

    def __init__(
        self,
        contestants: Sequence[Contestant],
        *,
        answering: Answering,
        votes: Votes,
        prompts: Prompts,
        options: ArenaOptions | None = None,
    ) -> None:
        _check(contestants)
        self._by_key = {contestant.key: contestant for contestant in contestants}
        self._answering = answering
        self._votes = votes
        self._prompts = prompts
        self._options = options or ArenaOptions()
        self._random = np.random.default_rng(self._options.seed)
        self._open: dict[str, _OpenPair] = {}
        self._lock = threading.Lock()

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """Who takes part."""
        return tuple(self._by_key.values())

    def next_pair(self, prompt: str | None = None) -> Pair:
        """Choose two contestants and their sides, for a prompt that was typed or (None) drawn.

        Now and then a pair from before is shown again with the sides exchanged, unless a prompt
        was typed.

        Raises:
            InvalidRequest: There is no prompt to draw, or the text is empty.
        """
        asked = None if prompt is None else typed(prompt)
        votes = self._votes.list(self._by_key)
        with self._lock:
            repeated = to_repeat(votes, self._random) if asked is None else None
            made = self._new_pair(asked, votes) if repeated is None else _repeat(repeated)
            self._open[made.pair.id] = made
            while len(self._open) > MAX_OPEN_PAIRS:
                del self._open[next(iter(self._open))]
        return made.pair

    async def answers(self, pair_id: str) -> AsyncGenerator[PairEvent, None]:
        """Let both contestants answer; what is shown of the two grows at one speed.

        A pair whose answers are whole shows them again. An error of either voids the pair: it is
        the last event, and another pair may be asked for.

        Raises:
            NotFound: There is no such pair, or it has been voted on.
        """
        open_ = await asyncio.to_thread(self._pair, pair_id)
        shown = SideBySide(
            {side: self._answer(open_, side) for side in Side}, self._options.chars_per_s
        )
        try:
            async with aclosing(shown.show()) as events:
                async for event in events:
                    yield event
        except HearthError as error:
            await asyncio.to_thread(self._forget, pair_id)
            yield PairEnded(error=error)
            return
        open_.answers = shown.answers()
        yield PairEnded()

    def vote(self, pair_id: str, outcome: Outcome) -> Revealed:
        """Keep a vote on a pair whose answers are whole, and tell the names.

        Raises:
            NotFound: There is no such pair, or it has been voted on.
            InvalidRequest: Its answers are not whole.
            StoreError: The disk did not take the vote; it may be given again.
        """
        with self._lock:
            open_ = self._open_pair(pair_id)
            left, right = self._by_key[open_.left], self._by_key[open_.right]
            vote = self._votes.add(self._vote(open_, outcome), left, right)
            del self._open[pair_id]
        return Revealed(vote=vote, left=left, right=right)

    def board(self) -> Board:
        """Return what all votes on these contestants say."""
        return make_board(
            self.contestants,
            self._votes.list(self._by_key),
            suggestions=self._votes.suggestions(),
            anchor=self._options.anchor,
        )

    # --- one pair -----------------------------------------------------------------------------

    def _new_pair(self, prompt: Prompt | None, votes: Sequence[Vote]) -> _OpenPair:
        keys = tuple(self._by_key)
        counts = counts_of(votes, keys)
        draws = rate(counts, len(keys)).draws(self._random, NUM_DRAWS)
        first, second = sorted(top_two(draws))
        row = pairs_of(len(keys)).tolist().index([first, second])
        left, right = keys[first], keys[second]
        if not first_is_left(counts[row], self._random):
            left, right = right, left
        used = {vote.prompt.text for vote in votes if {vote.left, vote.right} == {left, right}}
        asked = prompt or self._prompts.draw(self._random, used)
        return _OpenPair(
            pair=Pair(id=uuid.uuid4().hex, prompt=asked),
            left=left,
            right=right,
            seed=int(self._random.integers(MAX_SEED, endpoint=True)),
            chosen="top_two",
        )

    def _answer(self, open_: _OpenPair, side: Side) -> OpenAnswer:
        if open_.answers is not None:
            return partial(again, open_.answers[side])
        contestant = self._by_key[open_.left if side is Side.LEFT else open_.right]
        return partial(self._answering, contestant, open_.pair.prompt, open_.seed)

    def _pair(self, pair_id: str) -> _OpenPair:
        with self._lock:
            return self._open_pair(pair_id)

    def _forget(self, pair_id: str) -> None:
        with self._lock:
            self._open.pop(pair_id, None)

    def _open_pair(self, pair_id: str) -> _OpenPair:
        open_ = self._open.get(pair_id)
        if open_ is None:
            raise NotFound(
                "There is no such pair, or it has been voted on.",
                hint="Ask for the next pair.",
                param="pair",
            )
        return open_

    def _vote(self, open_: _OpenPair, outcome: Outcome) -> Vote:
        if open_.answers is None:
            raise InvalidRequest(
                "The answers of this pair are not whole yet.",
                hint="Let both end before you vote.",
                param="pair",
            )
        return Vote(
            pair_id=open_.pair.id,
            voted_at=datetime.now(UTC),
            left=open_.left,
            right=open_.right,
            outcome=outcome,
            voter=self._options.voter,
            prompt=open_.pair.prompt,
            left_answer=open_.answers[Side.LEFT],
            right_answer=open_.answers[Side.RIGHT],
            seed=open_.seed,
            repeats=open_.repeats,
            chosen=open_.chosen,
            engine=engine_build() or "",
        )


@dataclass(slots=True, kw_only=True)
class _OpenPair:
    """A pair that waits for its vote, with what the person must not know yet."""

    pair: Pair
    left: str
    right: str
    seed: int
    chosen: str
    repeats: int | None = None
    answers: dict[Side, ShownAnswer] | None = None


def _repeat(vote: Vote) -> _OpenPair:
    """Show the answers of a vote once more, with the sides exchanged."""
    return _OpenPair(
        pair=Pair(id=uuid.uuid4().hex, prompt=vote.prompt),
        left=vote.right,
        right=vote.left,
        seed=vote.seed,
        chosen="repeat",
        repeats=vote.id,
        answers={Side.LEFT: vote.right_answer, Side.RIGHT: vote.left_answer},
    )


def _check(contestants: Sequence[Contestant]) -> None:
    if len(contestants) < 2:
        raise InvalidRequest(
            f"An arena needs two contestants or more; {len(contestants)} was given.",
            hint="For example: hearth arena vote starter 'starter?temperature=0'",
            param="contestants",
        )
    seen: dict[str, str] = {}
    for contestant in contestants:
        if contestant.key in seen:
            raise InvalidRequest(
                f"{seen[contestant.key]!r} and {contestant.name!r} are one and the same: model, "
                "prompt and settings.",
                hint="Change a setting of one of them, for example 'starter?temperature=0'.",
                param="contestants",
            )
        seen[contestant.key] = contestant.name
