"""The vote on the Arena page: a prompt, two nameless answers that grow together, four buttons."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass, field

from nicegui.element import Element

from hearth.errors import EngineError, HearthError, InvalidRequest
from hearth.measure.arena import (
    Outcome,
    Pair,
    PairEnded,
    Revealed,
    Side,
    SideText,
)
from hearth.web.commands import Command, Handler
from hearth.web.components.arena_side import ArenaSide, arena_side
from hearth.web.components.region import Region
from hearth.web.frame import Frame
from hearth.web.pages.arena_book import SOURCES, ArenaBook
from hearth.web.parts import part

LEAST_PAUSE_S = 1 / 30  # between two paintings
EMPTY_BOX = "document.getElementById('arena-text').value = ''"
OUTCOMES = (
    (Outcome.LEFT, "Left is better", "1"),
    (Outcome.RIGHT, "Right is better", "2"),
    (Outcome.TIE, "Equally good", "3 t"),
    (Outcome.BOTH_BAD, "Both are bad", "4 b"),
)
_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class VoteView:
    """The pair that is shown, from its prompt to the names."""

    book: ArenaBook
    frame: Frame
    ask: Region
    prompt: Region
    columns: Element
    sides: dict[Side, ArenaSide]
    foot: Region
    _pair: Pair | None = field(default=None, init=False)
    _texts: dict[Side, str] = field(default_factory=dict, init=False)
    _ended: PairEnded | None = field(default=None, init=False)
    _revealed: Revealed | None = field(default=None, init=False)
    _reading: asyncio.Task[None] | None = field(default=None, init=False)

    def commands(self) -> dict[str, Handler]:
        """Return the commands about votes, by name."""
        return {"arena-ask": self._ask, "arena-draw": self._draw_prompt, "arena-vote": self._vote}

    def draw(self) -> None:
        """Draw everything but the two answers, which paint themselves."""
        arena, pair = self.book.arena, self._pair
        self.ask.show(
            part(
                "arena_ask",
                ready=arena is not None,
                shown=pair is not None,
                busy=self._is_answering,
                num=len(arena.contestants) if arena else 0,
                names=[one.name for one in arena.contestants] if arena else [],
                sources=self.book.sources_words,
            )
        )
        for place in (self.prompt, self.columns, self.foot):
            place.set_visibility(pair is not None)
        if pair is not None:
            *before, _ = pair.prompt.messages
            source = SOURCES[pair.prompt.source]
            self.prompt.show(
                part("arena_prompt", before=before, text=pair.prompt.text, source=source)
            )
            self._draw_foot()

    def forget(self) -> None:
        """Put the pair away, as others take part now."""
        self.leave()
        self.draw()

    def leave(self) -> None:
        """Stop the answers of a pair that nobody looks at any more."""
        self._pair = self._ended = self._revealed = None
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    @property
    def is_blind(self) -> bool:
        """Whether a pair is shown whose names are not told yet."""
        return self._pair is not None and self._revealed is None

    @property
    def _is_answering(self) -> bool:
        return self._pair is not None and self._ended is None

    def _draw_foot(self) -> None:
        revealed = self._revealed
        self.foot.show(
            part(
                "arena_vote",
                error=self._ended.error if self._ended else None,
                revealed=revealed is not None,
                outcome=revealed.vote.outcome.value if revealed else "",
                words=_verdict_words(revealed) if revealed else "",
                counted=_counted_words(revealed) if revealed else "",
                outcomes=[(outcome.value, word, key) for outcome, word, key in OUTCOMES],
                ready=self._ended is not None,
            )
        )

    async def _ask(self, command: Command) -> None:
        text = command.get("prompt", "").strip()
        if not text:
            raise InvalidRequest(
                "There is nothing to ask.", hint="Write a prompt, or press Draw a prompt."
            )
        await self._begin(text)
        self.frame.side.client.run_javascript(EMPTY_BOX)

    async def _draw_prompt(self, command: Command) -> None:
        await self._begin(None)

    async def _begin(self, prompt: str | None) -> None:
        if self._is_answering:
            raise InvalidRequest("Both are still answering.", hint="Wait, and vote first.")
        pair = await asyncio.to_thread(self.book.door.next_pair, prompt)
        self._pair, self._texts = pair, dict.fromkeys(Side, "")
        self._ended = self._revealed = None
        for side in self.sides.values():
            side.begin()
        self.frame.top_end.show(part("arena_blind"))  # what is in memory would tell who answers
        self.draw()
        self.frame.say("Both are answering.")
        self._reading = asyncio.create_task(self._read(pair), name=f"arena pair {pair.id}")
        self._reading.add_done_callback(_log_failure)

    async def _read(self, pair: Pair) -> None:
        """Paint both answers as they come, and then allow the vote."""
        ended = PairEnded(error=EngineError("The answers failed.", hint="Hearth's log says why."))
        painted_at = 0.0
        try:
            async with aclosing(self.book.door.answers(pair.id)) as events:
                async for event in events:
                    if isinstance(event, SideText):
                        self._texts[event.side] += event.text
                    elif isinstance(event, PairEnded):
                        ended = event
                    if time.monotonic() - painted_at >= LEAST_PAUSE_S:
                        self._paint()
                        painted_at = time.monotonic()
        except HearthError as error:
            ended = PairEnded(error=error)
        finally:
            if self._pair is pair:  # and was not put away
                self._end(ended)

    def _end(self, ended: PairEnded) -> None:
        self._paint()
        self._ended = ended
        for side in self.sides.values():
            side.end()
        self.draw()
        self.frame.say("Both have answered." if ended.error is None else ended.error.message)

    def _paint(self) -> None:
        for side, text in self._texts.items():
            self.sides[side].paint(text)

    async def _vote(self, command: Command) -> None:
        if self._pair is None or self._ended is None or self._revealed is not None:
            raise InvalidRequest("There is nothing to vote on.", hint="Ask both something first.")
        try:
            outcome = Outcome(command.get("outcome", ""))
        except ValueError as error:
            raise InvalidRequest(f"{command.get('outcome')!r} is no vote.") from error
        revealed = await asyncio.to_thread(self.book.door.vote, self._pair.id, outcome)
        self._revealed = revealed
        vote = revealed.vote
        self.sides[Side.LEFT].reveal(
            revealed.left, vote.left_answer, won=vote.outcome is Outcome.LEFT
        )
        self.sides[Side.RIGHT].reveal(
            revealed.right, vote.right_answer, won=vote.outcome is Outcome.RIGHT
        )
        self.draw()
        self.frame.say(
            f"Left was {revealed.left.name}, right was {revealed.right.name}. "
            f"{_verdict_words(revealed)}"
        )


def vote_view(book: ArenaBook, frame: Frame) -> VoteView:
    """Put the view into the current place of the page."""
    ask = Region()
    prompt = Region().classes("arena-prompt")
    with Element("div").classes("arena-sides") as columns:
        sides = {side: arena_side(side) for side in Side}
    foot = Region().classes("arena-vote")
    return VoteView(
        book=book,
        frame=frame,
        ask=ask,
        prompt=prompt,
        columns=columns,
        sides=sides,
        foot=foot,
    )


def _verdict_words(revealed: Revealed) -> str:
    match revealed.vote.outcome:
        case Outcome.LEFT:
            return f"Your vote: {revealed.left.name} is better."
        case Outcome.RIGHT:
            return f"Your vote: {revealed.right.name} is better."
        case Outcome.TIE:
            return "Your vote: both are equally good."
    return "Your vote: both are bad."


def _counted_words(revealed: Revealed) -> str:
    """Say when a vote does not move the board, and why."""
    if revealed.vote.repeats is not None:
        return "You had seen this pair before, the other way round: it tells how steady you are."
    if revealed.vote.outcome is Outcome.BOTH_BAD:
        return "It counts for neither; the board keeps how often each was bad."
    return ""


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("a pair of the arena failed", exc_info=task.exception())
