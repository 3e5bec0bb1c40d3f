"""What a Chat page shows now, and how it is drawn."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from nicegui import Client

from hearth.core import ContextPolicy, ModelStatus, TokenTrace
from hearth.errors import HearthError, InvalidRequest, NotFound
from hearth.machine.probe import read_machine
from hearth.plan.load import free_memory
from hearth.store.records import ChatSettings, Conversation
from hearth.web.answers import Answer
from hearth.web.components.composer import Composer
from hearth.web.components.conversation_list import ConversationList
from hearth.web.components.meter import Fill, fill_after
from hearth.web.components.region import Region
from hearth.web.components.sampling import sampling_panel
from hearth.web.components.status import find_status, offline_chip, status_chips
from hearth.web.components.thread import Thread
from hearth.web.components.welcome import welcome
from hearth.web.frame import Frame
from hearth.web.pages.chat_stream import follow
from hearth.web.parts import part
from hearth.web.services import Services

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class ChatView:
    """One page of one browser tab.

    Args:
        conversation: The shown one; None for one that does not exist before its first message.
        settings: What the next answer is made with.
        statuses: The models in memory when the engine was last asked; None when it did not answer.
    """

    services: Services
    frame: Frame
    client: Client
    conversation_list: ConversationList
    thread: Thread
    composer: Composer
    panels: dict[str, Region]
    prompt: Region
    conversation: Conversation | None = None
    settings: ChatSettings = field(init=False)
    statuses: list[ModelStatus] | None = field(default=None, init=False)
    traces: tuple[int, tuple[TokenTrace, ...]] = field(default=(0, ()), init=False)
    _following: asyncio.Task[None] | None = field(default=None, init=False)
    _moving: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self.settings = ChatSettings(
            model=self.services.config.model, context_policy=ContextPolicy.DROP_OLDEST
        )

    # --- where one is -------------------------------------------------------------------------

    async def start(self, conversation_id: str | None) -> None:
        """Show the page's first conversation, or a new one (None).

        A page that is new stands at its end by itself: telling it so would reach it when it has
        connected, and whoever had scrolled up by then would be thrown back.
        """
        async with self._moving:
            await self._visit(conversation_id)

    async def visit(self, conversation_id: str | None) -> None:
        """Show another conversation, from its end; visits are made one after another."""
        async with self._moving:
            await self._visit(conversation_id)
            self.browser("document.dispatchEvent(new Event('hearth:end'))")

    async def _visit(self, conversation_id: str | None) -> None:
        self._stop_following()
        if conversation_id is None:
            await self._show_new()
        else:
            try:
                await self._show_stored(conversation_id)
            except NotFound as error:
                self._show_missing(error)
        self.conversation_list.current = self.conversation.id if self.conversation else None
        self.panels["sampling"].show(sampling_panel(self.settings))
        self.panels["system"].show(part("system", text=self.settings.system_prompt))
        self.draw()

    async def go(self, conversation_id: str | None) -> None:
        """Visit a conversation and put its address into the browser's bar."""
        await self.visit(conversation_id)
        self.show_address()
        self.conversation_list.draw()

    def show_address(self) -> None:
        """Put the address of what is shown into the browser's bar."""
        path = f"/c/{self.conversation.id}" if self.conversation else "/"
        self.browser(f"hearth.address({json.dumps(path)})")

    def shown(self) -> Conversation:
        """Return the shown conversation.

        Raises:
            InvalidRequest: The page shows a new one that has no message yet.
        """
        if self.conversation is None:
            raise InvalidRequest("This conversation has no message yet.")
        return self.conversation

    def leave(self) -> None:
        """Stop watching; the answer itself goes on for a while."""
        self._stop_following()

    # --- answers ------------------------------------------------------------------------------

    @property
    def running(self) -> Answer | None:
        """The answer that the shown conversation is being given now."""
        return self.services.answers.of(self.conversation.id) if self.conversation else None

    def follow(self, answer: Answer, *, unsent: str = "") -> None:
        """Show a growing answer until it ends or the page shows something else.

        Args:
            answer: The answer to watch.
            unsent: What the person wrote; given back if it could not even be stored.
        """
        self._stop_following()
        watching = follow(self, answer, unsent)
        self._following = asyncio.create_task(watching, name="follow an answer")
        self._following.add_done_callback(_log_failure)

    async def load_branch(self) -> None:
        """Show the branch as it is in the store now, keeping what has not changed."""
        conversations, shown = self.services.conversations, self.shown()
        self.thread.change(await asyncio.to_thread(conversations.branch, shown.id))
        self.conversation = await asyncio.to_thread(conversations.get, shown.id)

    # --- drawing ------------------------------------------------------------------------------

    def draw(self) -> None:
        """Draw everything around the thread."""
        title = self.conversation.title if self.conversation else ""
        exportable = self.conversation is not None
        self.frame.top_start.show(
            part("top", title=title or "New conversation", exportable=exportable)
        )
        name = json.dumps(f"{title} · Hearth" if title else "Hearth")
        self.browser(f"document.title = {name}")
        self.draw_meters()

    def draw_meters(self) -> None:
        """Draw what changes while an answer grows: chips, context, the button that stops."""
        answer = self.running
        fill = self._fill(answer)
        self.composer.draw(self.settings, running=answer is not None, fill=fill)
        if self.statuses is None:
            self.frame.top_end.show(offline_chip())
            return
        speed = answer.tokens_per_s if answer else None
        self.frame.top_end.show(
            status_chips(self.statuses, self.settings.model, speed=speed, fill=fill)
        )

    async def refresh_status(self) -> None:
        """Ask the engine which models are in memory, and draw it."""
        try:
            self.statuses = await self.services.engine.status()
        except HearthError:
            self.statuses = None
        self.draw_meters()

    def model_status(self) -> ModelStatus | None:
        """Return the status of this conversation's model as it was last known."""
        return find_status(self.statuses or (), self.settings.model)

    def browser(self, script: str) -> None:
        """Run a script in this page's browser."""
        self.client.run_javascript(script)

    def write(self, text: str) -> None:
        """Put text into the message box, for instance one that could not be sent."""
        self.event("hearth:write", text)

    def event(self, name: str, detail: Any) -> None:
        """Dispatch an event to the page's own scripts."""
        given = f"{json.dumps(name)}, {{detail: {json.dumps(detail)}}}"
        self.browser(f"document.dispatchEvent(new CustomEvent({given}))")

    async def _show_new(self) -> None:
        config = self.services.config
        machine = await asyncio.to_thread(read_machine, config)
        self.conversation = None
        self.thread.show_welcome(
            welcome(config, self.settings.model, self.model_status(), free_memory(machine))
        )

    async def _show_stored(self, conversation_id: str) -> None:
        conversations = self.services.conversations
        conversation = await asyncio.to_thread(conversations.get, conversation_id)
        if conversation.deleted_at is not None:
            raise NotFound("This conversation was deleted.")
        branch = await asyncio.to_thread(conversations.branch, conversation_id)
        self.conversation = conversation
        self.settings = conversation.settings
        self.thread.show(branch)
        answer = self.services.answers.of(conversation_id)
        if answer is not None:
            self.follow(answer)

    def _show_missing(self, error: HearthError) -> None:
        self.conversation = None
        self.thread.show_welcome(
            part("missing", title="There is no such conversation", words=error.message)
        )

    def _fill(self, answer: Answer | None) -> Fill | None:
        if answer is not None and answer.started is not None:
            used = answer.started.prompt_tokens + answer.num_tokens
            return Fill(used=used, context=answer.started.context_tokens)
        return fill_after(self.thread.last_answer)

    def _stop_following(self) -> None:
        if self._following is not None:
            self._following.cancel()
            self._following = None


def _log_failure(task: asyncio.Task[None]) -> None:
    """Log what ended the drawing of an answer; the answer itself goes on."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("an answer could not be drawn", exc_info=task.exception())
