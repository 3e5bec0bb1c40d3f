"""Read the turns of a chat session in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import pytest

from hearth.chat.events import AnswerDelta, AnswerEnded, ChatEvent, TurnStored
from hearth.store.records import StoredMessage


@dataclass
class Heard:
    """What a turn has yielded so far."""

    events: list[ChatEvent] = field(default_factory=list)

    @property
    def answer(self) -> StoredMessage:
        """The answer's record as it was opened."""
        return next(event for event in self.events if isinstance(event, TurnStored)).answer

    @property
    def text(self) -> str:
        """All deltas so far."""
        return "".join(event.text for event in self.events if isinstance(event, AnswerDelta))

    @property
    def num_deltas(self) -> int:
        """Number of deltas so far."""
        return sum(isinstance(event, AnswerDelta) for event in self.events)

    @property
    def end(self) -> AnswerEnded:
        """The last event, which must be an end."""
        last = self.events[-1]
        assert isinstance(last, AnswerEnded)
        return last

    def names(self) -> list[str]:
        """The kinds of events in order, repeated kinds once."""
        names = [type(event).__name__ for event in self.events]
        return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


async def hear(turn: AsyncGenerator[ChatEvent, None]) -> Heard:
    """Read a turn to its end."""
    return Heard([event async for event in turn])


class Listener:
    """Read a turn in a task of its own, as a page does."""

    def __init__(self, turn: AsyncGenerator[ChatEvent, None]) -> None:
        self.heard = Heard()
        self.task = asyncio.create_task(self._read(turn))

    async def _read(self, turn: AsyncGenerator[ChatEvent, None]) -> None:
        async for event in turn:
            self.heard.events.append(event)

    async def until(self, condition: Callable[[Heard], bool]) -> None:
        """Wait until a condition on what has come is true."""
        for _ in range(2000):
            if condition(self.heard):
                return
            assert not self.task.done() or self.task.exception() is None
            await asyncio.sleep(0.01)
        pytest.fail("the turn did not come to that")

    async def until_deltas(self, count: int) -> None:
        """Wait until so many deltas have come in all."""
        await self.until(lambda heard: heard.num_deltas >= count)

    async def stop(self) -> None:
        """Stop the answer by cancelling its reader."""
        self.task.cancel()
        await asyncio.wait([self.task])
