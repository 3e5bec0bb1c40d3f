"""The command that replays a record, as it is kept and as it is typed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

HOME = "~"


def kept_command(arguments: Sequence[str], home: Path | None = None) -> tuple[str, ...]:
    """Return a command as a record keeps it: without the name of the home folder.

    Args:
        arguments: What was typed, word by word, beginning with "hearth".
        home: The person's home folder; default: the one of this process.
    """
    folder = str(home or Path.home())
    return tuple(
        HOME + word[len(folder) :] if word == folder or word.startswith(f"{folder}/") else word
        for word in arguments
    )


def command_line(command: Sequence[str]) -> str:
    """Return a kept command as a line to type into a shell."""
    return " ".join(
        word
        if word == HOME
        else f"{HOME}/{shlex.quote(word[2:])}"
        if word.startswith("~/")
        else shlex.quote(word)
        for word in command
    )
