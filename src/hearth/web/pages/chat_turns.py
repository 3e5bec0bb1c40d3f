"""Commands about turns: send, stop, answer again, edit, switch branches, fork at a token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from hearth.chat.events import ChatEvent
from hearth.errors import HearthError, InvalidRequest
from hearth.web.commands import Command, Handler, number
from hearth.web.components.lens import find_choice
from hearth.web.pages.chat_view import ChatView


def turn_commands(view: ChatView) -> dict[str, Handler]:
    """Return the commands about turns, by name."""
    turns = _Turns(view)
    return {
        "send": turns.send,
        "stop": turns.stop,
        "retry": turns.retry,
        "retry-last": turns.retry_last,
        "edit": turns.edit,
        "edit-cancel": turns.edit_cancel,
        "resend": turns.resend,
        "branch": turns.branch,
        "fork": turns.fork,
        "earlier": turns.earlier,
        "too-long": turns.too_long,
    }


class _Turns:
    def __init__(self, view: ChatView) -> None:
        self._view = view
        self._session = view.services.session
        self._conversations = view.services.conversations

    async def send(self, command: Command) -> None:
        text = command.get("text", "").strip()
        if not text:
            return
        view = self._view
        try:
            self._refuse_while_running()
            await self._make_sure_it_exists()
        except HearthError:
            view.write(text)
            raise
        parent = view.thread.last_answer
        turn = self._session.send(view.shown().id, text, parent_id=parent.id if parent else None)
        self._begin(turn, unsent=text)

    async def stop(self, command: Command) -> None:
        if self._view.conversation is not None:
            await self._view.services.answers.stop(self._view.conversation.id)

    async def retry(self, command: Command) -> None:
        self._refuse_while_running()
        self._begin(self._session.regenerate(number(command, "id")))

    async def retry_last(self, command: Command) -> None:
        last = self._view.thread.last_answer
        if last is None:
            raise InvalidRequest("There is no answer yet.")
        await self.retry({"id": str(last.id)})

    async def edit(self, command: Command) -> None:
        self._view.thread.question(number(command, "id")).edit(True)

    async def edit_cancel(self, command: Command) -> None:
        self._view.thread.question(number(command, "id")).edit(False)

    async def resend(self, command: Command) -> None:
        message_id, text = number(command, "id"), command.get("text", "").strip()
        question = self._view.thread.question(message_id)
        if not text or text == question.message.content:
            question.edit(False)
            return
        self._refuse_while_running()
        self._begin(self._session.edit(message_id, text))

    async def branch(self, command: Command) -> None:
        self._refuse_while_running()
        await asyncio.to_thread(self._conversations.select, number(command, "id"))
        await self._view.load_branch()
        self._view.draw()

    async def fork(self, command: Command) -> None:
        self._refuse_while_running()
        message_id, index = number(command, "id"), number(command, "index")
        traces = await asyncio.to_thread(self._conversations.traces, message_id)
        choice = find_choice(traces, index, number(command, "choice"))
        self._view.browser("document.querySelector('[data-popover=alternatives]').hidePopover()")
        self._begin(self._session.fork(message_id, index, choice))

    async def earlier(self, command: Command) -> None:
        self._view.thread.show_earlier()

    async def too_long(self, command: Command) -> None:
        raise InvalidRequest(
            f"The text has {number(command, 'size'):,} characters; at most "
            f"{command.get('most')} bytes can be sent at once. It was left in the box.",
            hint="Ask about one part of it at a time.",
        )

    async def _make_sure_it_exists(self) -> None:
        view = self._view
        if view.conversation is None:
            view.conversation = await asyncio.to_thread(self._conversations.create, view.settings)
            view.conversation_list.current = view.conversation.id
            view.show_address()

    def _begin(self, turn: AsyncGenerator[ChatEvent, None], *, unsent: str = "") -> None:
        view = self._view
        view.follow(view.services.answers.begin(view.shown().id, turn), unsent=unsent)
        view.draw_meters()

    def _refuse_while_running(self) -> None:
        if self._view.running is not None:
            raise InvalidRequest(
                "An answer is still being written.", hint="Stop it first with Esc."
            )
