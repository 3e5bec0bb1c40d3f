"""The conversation's loop: read, answer, and keep going whatever an answer runs into."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

from hearth.chat.events import (
    AnswerDelta,
    AnswerEnded,
    AnswerStarted,
    ChatEvent,
    SaveFailing,
    SaveResumed,
)
from hearth.chat.session import ChatSession
from hearth.cli import console
from hearth.cli.answer import figures_line, receipt_line
from hearth.cli.chat.reader import Reader
from hearth.cli.chat.slash import Slash
from hearth.engine.client import Engine
from hearth.errors import HearthError
from hearth.store.conversations import Conversations
from hearth.store.records import Conversation


class ChatLoop:
    """Holds one conversation until the person leaves.

    Args:
        engine: Answers; the loop does not close it.
        conversations: Where the conversation is kept.
        conversation: The conversation to go on with.
        reader: Where messages come from.
    """

    def __init__(
        self,
        engine: Engine,
        conversations: Conversations,
        conversation: Conversation,
        reader: Reader,
    ) -> None:
        self._session = ChatSession(engine, conversations, top_logprobs=None, owner="chat")
        self._conversation_id = conversation.id
        self._reader = reader
        self._slash = Slash(engine, conversations, conversation)

    async def run(self) -> None:
        """Answer message after message; returns when the person leaves."""
        while (text := await self._reader.read()) is not None:
            if not text.strip():
                continue
            try:
                if self._slash.is_meant(text):
                    if not await self._slash.obey(text):
                        return
                else:
                    await _stoppable(self._answer(text.removeprefix("/")))
            except HearthError as error:
                console.report(error.message, error.hint)

    async def _answer(self, text: str) -> None:
        async with aclosing(self._session.send(self._conversation_id, text)) as events:
            async for event in events:
                self._show(event)

    def _show(self, event: ChatEvent) -> None:
        match event:
            case AnswerStarted(receipt=receipt) if receipt is not None:
                console.note(receipt_line(receipt))
            case AnswerDelta(text=text):
                console.write(text)
            case SaveFailing(error=error):
                console.note(f"\nThis answer cannot be saved just now: {error.message}")
            case SaveResumed():
                console.note("\nSaving works again; everything is on disk.")
            case AnswerEnded():
                self._end(event)

    def _end(self, event: AnswerEnded) -> None:
        console.write("\n")
        if event.error is not None:
            raise event.error
        if event.message.finished is not None:
            console.note(figures_line(event.message.finished))
        if not event.saved:
            console.note("The end of this answer is not saved yet; it is tried again.")


async def _stoppable(work: Coroutine[Any, Any, None]) -> None:
    """Await work that Ctrl-C stops; the program goes on."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True
        loop.call_soon_threadsafe(task.cancel)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
        console.note("\nStopped; what has come is kept.")
    finally:
        signal.signal(signal.SIGINT, previous)
