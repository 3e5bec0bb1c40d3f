"""Answers in progress: each is read from its turn once, and watched by any number of pages.

An answer belongs to its conversation and not to the page that asked for it: a page that is
reloaded, or a second one, finds it running and goes on watching. An answer that nobody has watched
for a while is stopped; what has come so far is kept.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from hearth.chat.events import (
    AnswerDelta,
    AnswerEnded,
    AnswerStarted,
    ChatEvent,
    SaveFailing,
    SaveResumed,
    TurnStored,
)
from hearth.errors import EngineError, HearthError

UNWATCHED_S = 60.0

_log = logging.getLogger(__name__)


class Answer:
    """An answer as far as it has come. `version` grows with every change."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id
        self.turn: TurnStored | None = None
        self.started: AnswerStarted | None = None
        self.ended: AnswerEnded | None = None
        self.error: HearthError | None = None
        self.save_error: HearthError | None = None
        self.text = ""
        self.num_tokens = 0
        self.running = True
        self.version = 0
        self.task: asyncio.Task[None] | None = None
        self._first_token_at: float | None = None
        self._last_token_at = 0.0
        self._news = asyncio.Event()
        self._num_watchers = 0
        self._unwatched_since = time.monotonic()

    @property
    def tokens_per_s(self) -> float | None:
        """Tokens per second since the first one, as this process sees them arrive."""
        if self._first_token_at is None or self.num_tokens < 2:
            return None
        return (self.num_tokens - 1) / max(self._last_token_at - self._first_token_at, 1e-6)

    @property
    def unwatched_s(self) -> float:
        """Seconds since the last page that watched has gone; 0 while one watches."""
        return 0.0 if self._num_watchers else time.monotonic() - self._unwatched_since

    async def newer_than(self, version: int) -> None:
        """Wait until the answer has changed since `version`."""
        while self.version <= version:
            await self._news.wait()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Count as a watcher for the length of a block."""
        self._num_watchers += 1
        try:
            yield
        finally:
            self._num_watchers -= 1
            self._unwatched_since = time.monotonic()

    def take(self, event: ChatEvent) -> None:
        """Add one event of the turn."""
        match event:
            case TurnStored():
                self.turn = event
                self.text = event.answer.content
            case AnswerStarted():
                self.started = event
            case AnswerDelta():
                self._add(event)
            case SaveFailing():
                self.save_error = event.error
            case SaveResumed():
                self.save_error = None
            case AnswerEnded():
                self.ended = event
                self.error = event.error
        self._changed()

    def finish(self, error: HearthError | None = None) -> None:
        """Say that nothing more will come."""
        self.error = error or self.error
        self.running = False
        self._changed()

    def _add(self, delta: AnswerDelta) -> None:
        self.text += delta.text
        self.num_tokens += delta.num_tokens
        self._last_token_at = time.monotonic()
        if self._first_token_at is None:
            self._first_token_at = self._last_token_at

    def _changed(self) -> None:
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()


class Answers:
    """The answers that are being written now, at most one for each conversation."""

    def __init__(self, *, unwatched_s: float = UNWATCHED_S) -> None:
        self._running: dict[str, Answer] = {}
        self._unwatched_s = unwatched_s

    def of(self, conversation_id: str) -> Answer | None:
        """Return the answer that a conversation is being given now, if there is one."""
        return self._running.get(conversation_id)

    def begin(self, conversation_id: str, turn: AsyncGenerator[ChatEvent, None]) -> Answer:
        """Start to read a turn; the task that does so belongs to the answer."""
        answer = Answer(conversation_id)
        self._running[conversation_id] = answer
        answer.task = asyncio.create_task(
            self._read(answer, turn), name=f"answer {conversation_id}"
        )
        return answer

    async def stop(self, conversation_id: str) -> None:
        """Stop a conversation's answer and wait until what has come is kept."""
        answer = self._running.get(conversation_id)
        if answer is not None and answer.task is not None:
            answer.task.cancel()
            await asyncio.wait([answer.task])

    async def close(self) -> None:
        """Stop every answer."""
        for conversation_id in list(self._running):
            await self.stop(conversation_id)

    async def _read(self, answer: Answer, turn: AsyncGenerator[ChatEvent, None]) -> None:
        error: HearthError | None = None
        try:
            async with aclosing(turn):
                async for event in turn:
                    answer.take(event)
                    if answer.unwatched_s > self._unwatched_s:
                        break
        except HearthError as refused:
            error = refused
        except Exception as failure:
            _log.exception("an answer failed in a way that has no name")
            error = EngineError(f"The answer failed: {failure}")
        finally:
            self._running.pop(answer.conversation_id, None)
            answer.finish(error)
