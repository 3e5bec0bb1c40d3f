'''What a person types: a line, or a block of lines between """ marks.

On a terminal prompt_toolkit edits the line and keeps a history; Alt-Enter starts another line.
Where standard input is a file or a pipe, each line is a message and the end of it leaves.
'''

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hearth.cli import console

if TYPE_CHECKING:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from hearth.config import Config

FENCE = '"""'
ReadLine = Callable[[str], Awaitable[str]]
"""Shows a prompt and returns what was typed without the line's end; EOFError at the end."""


class Reader:
    """Reads messages; a block between triple quotes is one message.

    Args:
        read_line: Where the lines come from.
    """

    def __init__(self, read_line: ReadLine) -> None:
        self._read_line = read_line

    async def read(self) -> str | None:
        """Return the next message, or None when the person leaves."""
        try:
            text = await self._read_line("> ")
            if not text.startswith(FENCE):
                return text
            return await self._read_block(text.removeprefix(FENCE))
        except EOFError:
            return None
        except KeyboardInterrupt:
            console.note("Ctrl-D or /quit leaves.")
            return ""

    async def _read_block(self, text: str) -> str:
        while not text.rstrip().endswith(FENCE):
            text += "\n" + await self._read_line("… ")
        return text.rstrip().removesuffix(FENCE).strip("\n")


def open_reader(config: Config) -> Reader:
    """Return a reader with line editing on a terminal, a plain one elsewhere."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        return Reader(_terminal(config))
    return Reader(_plain)


async def _plain(_: str) -> str:
    line: str = await asyncio.to_thread(sys.stdin.readline)
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _terminal(config: Config) -> ReadLine:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.output import create_output

    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(config.home / "chat_history")),
        key_bindings=_bindings(),
        multiline=True,
        output=create_output(stdout=sys.stderr),
    )

    async def read_line(prompt: str) -> str:
        return await session.prompt_async(prompt)

    return read_line


def _bindings() -> KeyBindings:
    """Make Enter send and Alt-Enter start a line, so that pasted text stays one message."""
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
