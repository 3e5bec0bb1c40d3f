"""One answer on its way to the disk, saved about twice a second while it streams.

The saver runs beside the stream and never holds it up: a save that fails is remembered in `problem`
and tried again with everything that has come since. Saves never overlap, so an older text cannot
overwrite a newer one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hearth.chat.events import TurnStored
from hearth.core import Delta, Finished, Started, TokenTrace
from hearth.errors import HearthError, StoreError
from hearth.store.conversations import Conversations
from hearth.store.records import AnswerDraft, MessageStatus, StoredMessage

T = TypeVar("T")

SAVE_INTERVAL_S = 0.5


class AnswerSaver:
    """Collect an answer and keep its record up to date.

    Attributes:
        problem: Why the last save failed; None while saving works.
    """

    def __init__(self, conversations: Conversations) -> None:
        """Prepare; `open` starts it."""
        self.problem: HearthError | None = None
        self._conversations = conversations
        self._answer: StoredMessage | None = None
        self._saving: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._parts: list[str] = []
        self._num_tokens = 0
        self._started: Started | None = None
        self._traces: list[TokenTrace] = []  # those not yet saved
        self._first_trace = 0
        self._unsaved = False

    @property
    def is_open(self) -> bool:
        """True between `open` and `end`."""
        return self._answer is not None and not self._closing.is_set()

    @property
    def can_retry(self) -> bool:
        """True if the last save failed and another may work; a purged conversation stays gone."""
        return isinstance(self.problem, StoreError)

    @property
    def answer(self) -> StoredMessage:
        """The answer as it is now, with the text so far."""
        assert self._answer is not None
        return replace(
            self._answer,
            content="".join(self._parts),
            num_tokens=self._num_tokens,
            started=self._started,
        )

    async def open(self, open_turn: Callable[[], tuple[TurnStored, int]]) -> TurnStored:
        """Store the question and the answer's place, and begin to save.

        Args:
            open_turn: Called in a thread; returns what it stored, and the number of traces that
                the answer begins with.
        """
        turn, self._first_trace = await asyncio.to_thread(open_turn)
        self._answer = turn.answer
        self._parts = [turn.answer.content]
        self._saving = asyncio.create_task(self._save_repeatedly())
        return turn

    def add(self, event: Started | Delta) -> None:
        """Take in what the engine gave; it is saved with the next save."""
        if isinstance(event, Started):
            self._started = event
        else:
            self._parts.append(event.text)
            self._num_tokens += event.num_tokens
            self._traces += event.traces
        self._unsaved = True

    async def end(
        self,
        status: MessageStatus,
        *,
        finished: Finished | None = None,
        error: HearthError | None = None,
    ) -> StoredMessage:
        """Save for the last time; if the disk refuses, `problem` is set and `retry` may help."""
        assert self._saving is not None
        self._closing.set()
        await self._saving
        message = None if error is None else error.message
        self._answer = replace(self.answer, status=status, finished=finished, error=message)
        await self.retry()
        return self._answer

    async def retry(self) -> None:
        """Save the end of the answer (again); `problem` tells whether it worked."""
        answer = self.answer

        def end_answer(draft: AnswerDraft) -> None:
            self._conversations.end_answer(
                answer.id, draft, answer.status, finished=answer.finished, error=answer.error
            )

        await self._save(end_answer)

    async def _save_repeatedly(self) -> None:
        while not self._closing.is_set():
            if self._unsaved:
                await self._save(self._save_draft)
            try:
                await asyncio.wait_for(self._closing.wait(), SAVE_INTERVAL_S)
            except TimeoutError:
                continue

    def _save_draft(self, draft: AnswerDraft) -> None:
        self._conversations.save_answer(self.answer.id, draft)

    async def _save(self, save: Callable[[AnswerDraft], object]) -> None:
        draft = AnswerDraft(
            content="".join(self._parts),
            num_tokens=self._num_tokens,
            started=self._started,
            first_trace=self._first_trace,
            traces=tuple(self._traces),
        )
        self._unsaved = False
        try:
            await asyncio.to_thread(save, draft)
        except HearthError as error:
            self.problem = error
            self._unsaved = True
            return
        self.problem = None
        self._first_trace += len(draft.traces)
        del self._traces[: len(draft.traces)]


async def uninterrupted(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end even if the caller is cancelled meanwhile; cancel after that."""
    task = asyncio.create_task(coroutine)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it as forgotten
        raise
