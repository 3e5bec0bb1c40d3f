"""Commands about whole conversations: new, open, search, rename, delete with undo, export."""

from __future__ import annotations

import asyncio
import re

from hearth.chat.export import to_json, to_markdown
from hearth.errors import InvalidRequest
from hearth.web.commands import Command, Handler
from hearth.web.components.toasts import Action
from hearth.web.pages.chat_view import ChatView


def conversation_commands(view: ChatView) -> dict[str, Handler]:
    """Return the commands about conversations, by name."""
    commands = _Conversations(view)
    return {
        "new": commands.new,
        "open": commands.open,
        "visit": commands.visit,
        "search": commands.search,
        "more": commands.more,
        "rename": commands.rename,
        "rename-save": commands.rename_save,
        "rename-cancel": commands.rename_cancel,
        "delete": commands.delete,
        "undo-delete": commands.undo_delete,
        "export": commands.export,
    }


class _Conversations:
    def __init__(self, view: ChatView) -> None:
        self._view = view
        self._store = view.services.conversations

    async def new(self, command: Command) -> None:
        await self._view.go(None)
        self._view.browser("hearth.actions.focus()")

    async def open(self, command: Command) -> None:
        await self._view.go(command.get("id", ""))

    async def visit(self, command: Command) -> None:
        """Follow the browser's back and forward buttons."""
        match = re.fullmatch(r"/c/([0-9a-f]{32})", command.get("path", ""))
        await self._view.visit(match.group(1) if match else None)
        self._view.conversation_list.draw()

    async def search(self, command: Command) -> None:
        await self._view.conversation_list.search(command.get("query", ""))

    async def more(self, command: Command) -> None:
        await self._view.conversation_list.load_more()

    async def rename(self, command: Command) -> None:
        self._view.conversation_list.renaming = self._id(command)
        self._view.conversation_list.draw()

    async def rename_save(self, command: Command) -> None:
        view, title = self._view, command.get("title", "").strip()
        view.conversation_list.renaming = None
        if title:
            renamed = await asyncio.to_thread(self._store.rename, self._id(command), title)
            if view.conversation is not None and view.conversation.id == renamed.id:
                view.conversation = renamed
                view.draw()
        await view.conversation_list.load()

    async def rename_cancel(self, command: Command) -> None:
        self._view.conversation_list.renaming = None
        self._view.conversation_list.draw()

    async def delete(self, command: Command) -> None:
        view, conversation_id = self._view, self._id(command)
        conversation = await asyncio.to_thread(self._store.get, conversation_id)
        await view.services.answers.stop(conversation_id)
        await asyncio.to_thread(self._store.delete, conversation_id)
        if view.conversation is not None and view.conversation.id == conversation_id:
            await view.go(None)
        await view.conversation_list.load()
        view.frame.toasts.say(
            f"Deleted “{conversation.title or 'New conversation'}”.",
            Action(do="undo-delete", id=conversation_id, word="Undo"),
        )

    async def undo_delete(self, command: Command) -> None:
        await asyncio.to_thread(self._store.restore, self._id(command))
        await self._view.go(self._id(command))
        await self._view.conversation_list.load()
        self._view.frame.toasts.clear()

    async def export(self, command: Command) -> None:
        conversation_id, kind = self._id(command), command.get("format")
        conversation = await asyncio.to_thread(self._store.get, conversation_id)
        name = re.sub(r"[^\w\- ]+", "", conversation.title).strip()[:60] or "conversation"
        if kind == "markdown":
            text = await asyncio.to_thread(to_markdown, self._store, conversation_id)
            self._view.client.download(text.encode(), f"{name}.md", "text/markdown")
        elif kind == "json":
            data = await asyncio.to_thread(to_json, self._store, conversation_id)
            self._view.client.download(data, f"{name}.json", "application/json")
        else:
            raise InvalidRequest(f"There is no export as {kind!r}; there are markdown and json.")

    def _id(self, command: Command) -> str:
        """Return the conversation that a command names, or else the shown one."""
        return command.get("id") or self._view.shown().id
