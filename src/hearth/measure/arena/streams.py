"""Two answers that grow side by side at one speed, so that speed tells nothing of who writes them.

Both are read as fast as they come. Shown is the same number of characters of each: no more than
the slower one has, and no faster than people read. Once one has ended, the other goes on alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from hearth.core import Delta, Finished, FinishReason, GenerateEvent
from hearth.errors import EngineError, ModelTooLarge
from hearth.measure.arena.pairs import SideEnded, SideText
from hearth.store.voted import ShownAnswer, Side

OpenAnswer = Callable[[], AsyncGenerator[GenerateEvent, None]]
"""Begins an answer; may be called again where the first call could not begin it."""

CHARS_PER_S = 160.0  # about 40 tokens of English
TICK_S = 0.05


class SideBySide:
    """Two answers that are being written.

    Args:
        answers: How each begins.
        chars_per_s: Most characters of each that are shown in a second.
    """

    def __init__(
        self, answers: Mapping[Side, OpenAnswer], chars_per_s: float = CHARS_PER_S
    ) -> None:
        self._growing = {side: _Growing(answer) for side, answer in answers.items()}
        self._at_once = max(1, round(chars_per_s * TICK_S))
        self._news = asyncio.Event()

    async def show(self) -> AsyncGenerator[SideText | SideEnded, None]:
        """Yield what is to be shown; closing this stops both answers.

        Raises:
            HearthError: One of the answers failed; the other is stopped.
        """
        tasks = [asyncio.create_task(self._read(side)) for side in Side]
        try:
            shown, ended = 0, set[Side]()
            while len(ended) < len(Side):
                self._news.clear()
                for task in tasks:
                    if task.done():
                        task.result()
                upto = min(self._ready(), shown + self._at_once)
                for side, growing in self._growing.items():
                    if piece := growing.text[shown:upto]:
                        yield SideText(side=side, text=piece)
                    if growing.is_done and upto >= len(growing.text) and side not in ended:
                        ended.add(side)
                        yield SideEnded(side=side)
                await (asyncio.sleep(TICK_S) if upto > shown else self._wait(ended))
                shown = upto
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def answers(self) -> dict[Side, ShownAnswer]:
        """Return both answers, now that they are whole."""
        return {side: growing.answer() for side, growing in self._growing.items()}

    def _ready(self) -> int:
        """Return how many characters of each may be shown."""
        open_ = [len(each.text) for each in self._growing.values() if not each.is_done]
        return min(open_) if open_ else max(len(each.text) for each in self._growing.values())

    async def _wait(self, ended: set[Side]) -> None:
        if len(ended) < len(Side):
            await self._news.wait()

    async def _read(self, side: Side) -> None:
        """Read an answer to its end; where both models do not fit, one waits for the other."""
        growing, other = self._growing[side], self._growing[side.other]
        try:
            try:
                await growing.read(self._news)
            except ModelTooLarge:
                if other.waits or other.is_done:
                    raise
                growing.waits = True
                await other.ended.wait()
                await growing.read(self._news)
        finally:
            growing.ended.set()
            self._news.set()


@dataclass(slots=True)
class _Growing:
    """An answer as far as it has come."""

    open: OpenAnswer
    text: str = ""
    num_tokens: int = 0
    finish: FinishReason | None = None
    waits: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_done(self) -> bool:
        return self.finish is not None

    async def read(self, news: asyncio.Event) -> None:
        async with aclosing(self.open()) as events:
            async for event in events:
                if isinstance(event, Delta):
                    self.text += event.text
                    self.num_tokens += event.num_tokens
                elif isinstance(event, Finished):
                    self.finish = event.reason
                news.set()
        if self.finish is None:
            raise EngineError("An answer broke off without an end.")

    def answer(self) -> ShownAnswer:
        assert self.finish is not None, "an answer ends in `Finished` or in an error"
        return ShownAnswer(text=self.text, num_tokens=self.num_tokens, finish=self.finish.value)
