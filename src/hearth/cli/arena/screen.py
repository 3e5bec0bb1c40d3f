"""Two nameless answers on a terminal, side by side as they grow; elsewhere one after the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from hearth.cli import console
from hearth.store.voted import Prompt, Side

if TYPE_CHECKING:
    from rich.table import Table

WORDS = {Side.LEFT: "Left", Side.RIGHT: "Right"}


class Screen(Protocol):
    """Where the answers of a pair are shown."""

    def pair(self, prompt: Prompt) -> AbstractContextManager[None]:
        """Show a prompt, and for as long as the block lasts the answers that come."""
        ...

    def add(self, side: Side, text: str) -> None:
        """Show the next piece of an answer."""
        ...


def open_screen() -> Screen:
    """Return what suits standard output."""
    return LiveScreen() if sys.stdout.isatty() else PlainScreen()


class PlainScreen:
    """Writes both answers once they are whole."""

    def __init__(self) -> None:
        self._texts = dict.fromkeys(Side, "")

    @contextmanager
    def pair(self, prompt: Prompt) -> Iterator[None]:
        """Show a pair; see `Screen.pair`."""
        self._texts = dict.fromkeys(Side, "")
        yield
        console.write(f"Prompt: {prompt.text}\n")
        for side, text in self._texts.items():
            console.write(f"\n{WORDS[side]}:\n{text.strip()}\n")
        console.write("\n")

    def add(self, side: Side, text: str) -> None:
        """Take the next piece of an answer."""
        self._texts[side] += text


class LiveScreen:
    """Draws both answers in two columns as they grow."""

    def __init__(self) -> None:
        self._texts = dict.fromkeys(Side, "")

    @contextmanager
    def pair(self, prompt: Prompt) -> Iterator[None]:
        """Show a pair; see `Screen.pair`."""
        from rich.live import Live

        self._texts = dict.fromkeys(Side, "")
        out = console.out()
        out.print(f"[bold]{console.literal(prompt.text)}[/bold]\n")
        # What grows beyond the screen is cut while it grows, and stands there whole at the end.
        live = Live(get_renderable=self._drawn, console=out, transient=True)
        with live if out.is_terminal else nullcontext():
            yield
        out.print(self._drawn())

    def add(self, side: Side, text: str) -> None:
        """Show the next piece of an answer."""
        self._texts[side] += text

    def _drawn(self) -> Table:
        from rich.table import Table

        drawn = Table(expand=True, show_lines=False)
        for side in Side:
            drawn.add_column(WORDS[side], ratio=1, overflow="fold")
        drawn.add_row(*(console.literal(self._texts[side]) for side in Side))
        return drawn
