"""Turns of a conversation: ask, ask again, edit, fork; each answer is saved while it streams.

Every turn is an asynchronous generator of `hearth.chat.events`. To stop an answer, cancel the task
that reads it, or, from within that task, close the generator (`aclose`, or leave it through
`contextlib.aclosing`): what has come so far is kept and marked as stopped. Nothing here blocks the
event loop: the store is called in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence

from hearth.chat.events import (
    AnswerDelta,
    AnswerEnded,
    AnswerStarted,
    ChatEvent,
    SaveFailing,
    SaveResumed,
    TurnStored,
)
from hearth.chat.forks import fork_at, refuse_control_token
from hearth.chat.saver import AnswerSaver, uninterrupted
from hearth.core import (
    Delta,
    Finished,
    GenerateRequest,
    Message,
    RenderedPrompt,
    Role,
    Started,
    TokenChoice,
)
from hearth.engine.client import Engine
from hearth.errors import HearthError, InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.records import ChatSettings, MessageStatus, StoredMessage

OpenTurn = Callable[[], tuple[TurnStored, int]]
"""Stores what begins a turn; returns it, and how many traces the answer begins with."""


class ChatSession:
    """Holds conversations with an engine and keeps them in the store.

    Several turns may run at once, in one conversation or in many.
    """

    def __init__(
        self,
        engine: Engine,
        conversations: Conversations,
        *,
        top_logprobs: int | None = 5,
        owner: str = "",
    ) -> None:
        """Hold an engine and a store; the session owns neither.

        Args:
            engine: Answers.
            conversations: Keeps what is said.
            top_logprobs: Alternatives to keep for each token (0 to 20), or None to keep no traces;
                without traces an answer cannot be forked.
            owner: Fairness key of the requests.
        """
        self._engine = engine
        self._conversations = conversations
        self._top_logprobs = top_logprobs
        self._owner = owner
        self._pending: list[AnswerSaver] = []  # ended, but the disk did not take the end
        self._retrying = asyncio.Lock()

    def send(
        self, conversation_id: str, text: str, *, parent_id: int | None = None
    ) -> AsyncGenerator[ChatEvent, None]:
        """Store a message at the end of the shown branch and stream its answer.

        Args:
            conversation_id: Where to send it.
            text: What the person wrote.
            parent_id: The answer that the person saw last, where it may no longer be the active
                leaf (another tab went on); None means the active leaf.
        """

        def open_turn() -> tuple[TurnStored, int]:
            conversation = self._conversations.get(conversation_id)
            parent = conversation.active_leaf if parent_id is None else parent_id
            turn = self._conversations.add_turn(
                conversation_id, text, conversation.settings, parent_id=parent
            )
            return TurnStored(question=turn.question, answer=turn.answer), 0

        return self._turn(open_turn)

    def regenerate(self, message_id: int) -> AsyncGenerator[ChatEvent, None]:
        """Stream another answer, beside an answer or to a question, with the present settings."""

        def open_turn() -> tuple[TurnStored, int]:
            message = self._conversations.message(message_id)
            answer = self._conversations.add_answer(
                _question_of(message), self._settings_of(message)
            )
            return TurnStored(question=None, answer=answer), 0

        return self._turn(open_turn)

    def edit(self, message_id: int, new_text: str) -> AsyncGenerator[ChatEvent, None]:
        """Store another wording of a person's message as a new branch and stream its answer."""

        def open_turn() -> tuple[TurnStored, int]:
            message = self._conversations.message(message_id)
            if message.role is not Role.USER:
                raise InvalidRequest(
                    "Only your own messages can be edited.",
                    hint="Ask for another answer, or fork this one at a token.",
                    param="message_id",
                )
            turn = self._conversations.add_turn(
                message.conversation_id,
                new_text,
                self._settings_of(message),
                parent_id=message.parent_id,
            )
            return TurnStored(question=turn.question, answer=turn.answer), 0

        return self._turn(open_turn)

    async def fork(
        self, message_id: int, token_index: int, choice: TokenChoice
    ) -> AsyncGenerator[ChatEvent, None]:
        """Stream another answer that keeps the tokens before `token_index` and then `choice`.

        The settings are those that made the first answer, so that the choice is all that differs.

        Args:
            message_id: The answer to fork.
            token_index: Index into `Conversations.traces(message_id)`.
            choice: The token to take there, as a rule one of the trace's alternatives.
        """
        message = await asyncio.to_thread(self._conversations.message, message_id)
        traces = await asyncio.to_thread(self._conversations.traces, message_id)
        kept = fork_at(message, traces, token_index, choice)
        await refuse_control_token(self._engine, kept.settings.model, choice)

        def open_turn() -> tuple[TurnStored, int]:
            answer = self._conversations.add_answer(
                kept.question_id, kept.settings, content=kept.text, traces=kept.traces
            )
            return TurnStored(question=None, answer=answer), len(kept.traces)

        async with contextlib.aclosing(self._turn(open_turn)) as events:
            async for event in events:
                yield event

    async def exact_prompt(self, message_id: int) -> RenderedPrompt:
        """Return the prompt that an answer was made from, with its token borders.

        Messages that a context policy dropped are left out, as they were for the model.
        """
        request = await asyncio.to_thread(self._request_for, message_id)
        answer = await asyncio.to_thread(self._conversations.message, message_id)
        receipt = answer.started.receipt if answer.started else None
        dropped = receipt.dropped_messages if receipt else ()
        messages = [m for i, m in enumerate(request.messages or ()) if i not in dropped]
        return await self._engine.render(request.model, messages)

    async def save_pending(self) -> bool:
        """Try again to save answers whose end the disk did not take; True when none is left."""
        async with self._retrying:
            for saver in tuple(self._pending):
                await uninterrupted(saver.retry())
                if not saver.can_retry:
                    self._pending.remove(saver)
        return not self._pending

    async def _settle_pending(self) -> None:
        # What the disk refused before, it would refuse now, and the branch must be whole to go on.
        if not await self.save_pending() and self._pending[0].problem is not None:
            raise self._pending[0].problem

    # --- one turn -----------------------------------------------------------------------------

    async def _turn(self, open_turn: OpenTurn) -> AsyncGenerator[ChatEvent, None]:
        await self._settle_pending()
        saver = AnswerSaver(self._conversations)
        try:
            turn = await uninterrupted(saver.open(open_turn))
            yield turn
            async with contextlib.aclosing(self._stream(saver)) as events:
                async for event in events:
                    yield event
        except (GeneratorExit, asyncio.CancelledError):
            if saver.is_open:
                await self._end(saver, MessageStatus.STOPPED)
            raise
        except HearthError as error:
            if not saver.is_open:
                raise
            yield await self._end(saver, MessageStatus.FAILED, error=error)
        finally:
            if saver.is_open:
                bug = HearthError("Hearth itself failed; its log says where.")
                await self._end(saver, MessageStatus.FAILED, error=bug)

    async def _stream(self, saver: AnswerSaver) -> AsyncGenerator[ChatEvent, None]:
        message_id = saver.answer.id
        request = await asyncio.to_thread(self._request_for, message_id)
        failing = False
        async with contextlib.aclosing(self._engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    yield await self._end(saver, MessageStatus.COMPLETE, finished=event)
                    return
                saver.add(event)
                yield _to_chat_event(message_id, event)
                if saver.problem is not None and not failing:
                    yield SaveFailing(message_id=message_id, error=saver.problem)
                elif saver.problem is None and failing:
                    yield SaveResumed(message_id=message_id)
                failing = saver.problem is not None

    async def _end(
        self,
        saver: AnswerSaver,
        status: MessageStatus,
        *,
        finished: Finished | None = None,
        error: HearthError | None = None,
    ) -> AnswerEnded:
        async def end() -> AnswerEnded:
            message = await saver.end(status, finished=finished, error=error)
            if saver.can_retry:
                self._pending.append(saver)
            return AnswerEnded(message=message, error=error, saved=saver.problem is None)

        return await uninterrupted(end())

    # --- what is asked of the engine ----------------------------------------------------------

    def _settings_of(self, message: StoredMessage) -> ChatSettings:
        return self._conversations.get(message.conversation_id).settings

    def _request_for(self, answer_id: int) -> GenerateRequest:
        answer = self._conversations.message(answer_id)
        if answer.settings is None:
            raise InvalidRequest("Only an answer has a prompt.", param="message_id")
        path = self._conversations.branch(answer.conversation_id, answer.parent_id)
        return GenerateRequest(
            model=answer.settings.model,
            messages=_messages(answer.settings.system_prompt, path),
            continue_with=answer.content,
            sampling=answer.settings.sampling,
            max_tokens=answer.settings.max_tokens,
            context_policy=answer.settings.context_policy,
            cache=answer.settings.cache,
            top_logprobs=self._top_logprobs,
            owner=self._owner,
        )


def _question_of(message: StoredMessage) -> int:
    """Return the id of the question that a message is, or answers."""
    if message.role is Role.USER or message.parent_id is None:
        return message.id
    return message.parent_id


def _messages(system_prompt: str, path: Sequence[StoredMessage]) -> tuple[Message, ...]:
    system = (Message(role=Role.SYSTEM, content=system_prompt),) if system_prompt else ()
    return system + tuple(Message(role=turn.role, content=turn.content) for turn in path)


def _to_chat_event(message_id: int, event: Started | Delta) -> AnswerStarted | AnswerDelta:
    if isinstance(event, Started):
        return AnswerStarted(
            message_id=message_id,
            prompt_tokens=event.prompt_tokens,
            context_tokens=event.context_tokens,
            receipt=event.receipt,
        )
    return AnswerDelta(
        message_id=message_id,
        text=event.text,
        num_tokens=event.num_tokens,
        traces=event.traces,
    )
