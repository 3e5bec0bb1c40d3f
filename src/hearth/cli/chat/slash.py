"""What can be typed besides questions: `/help` and the others.

A message that should begin with a slash is typed with two.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from hearth.cli import console, door
from hearth.cli.answer import figures_line
from hearth.core import Role
from hearth.engine.client import Engine
from hearth.errors import InvalidRequest
from hearth.store.conversations import Conversations
from hearth.store.records import ChatSettings, Conversation, StoredMessage

HELP = """\
/help            show this
/system [TEXT]   show the system prompt, or set it; /system - removes it
/model [NAME]    show the model, or talk to another one from now on
/stats           figures of the last answer, and how full the context is
/save [FILE]     save the conversation as Markdown, or as JSON where FILE ends in .json
/quit            leave (also Ctrl-D)

Enter sends, Alt-Enter starts another line; text between \"\"\" marks is one message.
Ctrl-C stops an answer. A message that begins with / is typed with two: //."""


class Slash:
    """Obeys slash commands for one conversation."""

    def __init__(
        self, engine: Engine, conversations: Conversations, conversation: Conversation
    ) -> None:
        self._engine = engine
        self._conversations = conversations
        self._conversation_id = conversation.id
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "help": self._help,
            "system": self._system,
            "model": self._model,
            "stats": self._stats,
            "save": self._save,
        }

    @staticmethod
    def is_meant(text: str) -> bool:
        """Return whether a message is a command and no question."""
        return text.startswith("/") and not text.startswith("//")

    async def obey(self, text: str) -> bool:
        """Run a command; False means that the person leaves.

        Raises:
            InvalidRequest: There is no such command.
        """
        name, _, rest = text.removeprefix("/").partition(" ")
        if name in ("quit", "exit", "bye"):
            return False
        if name not in self._commands:
            near = difflib.get_close_matches(name, self._commands, n=1)
            meant = f"Did you mean /{near[0]}? " if near else ""
            raise InvalidRequest(
                f"/{name} is no command here.",
                hint=f"{meant}/help lists them; a message that begins with / is typed with //.",
            )
        await self._commands[name](rest.strip())
        return True

    async def _help(self, _: str) -> None:
        console.note(HELP)

    async def _system(self, text: str) -> None:
        settings = (await self._conversation()).settings
        if not text:
            console.note(settings.system_prompt or "There is no system prompt.")
            return
        await self._configure(replace(settings, system_prompt="" if text == "-" else text))
        console.note("The system prompt is set." if text != "-" else "The system prompt is gone.")

    async def _model(self, name: str) -> None:
        settings = (await self._conversation()).settings
        if not name:
            console.note(f"{settings.model}; `hearth models list` shows the others.")
            return
        await door.load(self._engine, name)
        await self._configure(replace(settings, model=name))
        console.note(f"Talking to {name} from now on.")

    async def _stats(self, _: str) -> None:
        answers = [m for m in await self._branch() if m.role is Role.ASSISTANT]
        if not answers:
            console.note("There is no answer yet.")
            return
        last = answers[-1]
        if last.finished is not None:
            console.note(figures_line(last.finished))
        if last.started is not None:
            used = last.started.prompt_tokens + last.num_tokens
            whole = last.started.context_tokens
            console.note(f"context {used} of {whole} tokens ({used / whole:.0%})")
        console.note(f"answers in this conversation: {len(answers)}")

    async def _save(self, name: str) -> None:
        path = Path(name or await self._default_name())
        await asyncio.to_thread(self._write, path)
        console.note(f"Saved as {path}.")

    def _write(self, path: Path) -> None:
        data = self._export(as_json=path.suffix == ".json")
        try:
            with path.expanduser().open("xb") as file:
                file.write(data)
        except OSError as error:
            raise InvalidRequest(
                f"{path} was not written: {error.strerror or error}.",
                hint="Give another file: /save FILE.",
            ) from error

    def _export(self, *, as_json: bool) -> bytes:
        from hearth.chat.export import to_json, to_markdown

        if as_json:
            return to_json(self._conversations, self._conversation_id)
        return to_markdown(self._conversations, self._conversation_id).encode()

    async def _default_name(self) -> str:
        title = (await self._conversation()).title.lower()
        words = re.findall(r"[^\W_]+", title)[:6]
        return "-".join(words or ["conversation"]) + ".md"

    async def _conversation(self) -> Conversation:
        return await asyncio.to_thread(self._conversations.get, self._conversation_id)

    async def _branch(self) -> tuple[StoredMessage, ...]:
        return await asyncio.to_thread(self._conversations.branch, self._conversation_id)

    async def _configure(self, settings: ChatSettings) -> None:
        await asyncio.to_thread(self._conversations.configure, self._conversation_id, settings)
