"""What the command line writes: answers to stdout, everything else to stderr.

Text that a model or a file wrote is cleaned of control characters before it reaches a terminal,
because escape sequences can retitle the window, rewrite lines above or fill the clipboard.
Rich is imported only when something is drawn.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPED_WIDTH = 10_000
_KEPT = {0x09, 0x0A}  # tab and new line
_BIDI = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]  # overrides that reorder what is read
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), *_BIDI]
_CLEAN = {code: None for code in _CONTROLS if code not in _KEPT}


def clean(text: str) -> str:
    """Drop control characters other than tab and new line, so that no escape sequence is left."""
    return text.translate(_CLEAN)


def write(text: str) -> None:
    """Write a piece of an answer to stdout at once."""
    sys.stdout.write(clean(text))
    sys.stdout.flush()


def write_json(value: Any) -> None:
    """Write a value to stdout as indented JSON; control characters arrive escaped."""
    sys.stdout.write(json.dumps(value, indent=2, default=_plain) + "\n")


def note(text: str) -> None:
    """Write a line about the work, never a part of its result, to stderr."""
    sys.stderr.write(clean(text) + "\n")
    sys.stderr.flush()


def report(message: str, hint: str | None) -> None:
    """Write an error and what to do about it to stderr."""
    note(f"Error: {message}")
    if hint:
        note(f"Hint: {hint}")


def out() -> Console:
    """Return a Rich console on stdout."""
    from rich.console import Console

    # What is piped is read by programs: no line of it is folded.
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def err() -> Console:
    """Return a Rich console on stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def table(*columns: str) -> Table:
    """Return a plain table with these headings; a heading that starts with `>` aligns right."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        justify: Any = "right" if column.startswith(">") else "left"
        made.add_column(column.removeprefix(">"), justify=justify, overflow="fold")
    return made


def literal(text: str) -> str:
    """Return text as Rich shows it unchanged: cleaned, and with its markup escaped."""
    from rich.markup import escape

    return escape(clean(text))


def visible(text: str, *, keep_lines: bool = False) -> str:
    """Return a token's text with its blanks made visible, ready to be drawn by Rich."""
    after_line = "\n" if keep_lines else ""
    marked = text.replace(" ", "·").replace("\n", f"⏎{after_line}").replace("\t", "⇥")
    return literal(marked) or "(empty)"


def size(size_bytes: float) -> str:
    """Return a size in the binary unit that reads best."""
    value, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
