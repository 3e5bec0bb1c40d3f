"""Command lines that are written down somewhere, held against the commands that exist."""

from __future__ import annotations

import functools
import shlex
from typing import Any

from typer.main import get_command

from hearth.cli.app import app, command_names
from hearth.cli.shortform import expand


def parse(line: str) -> str:
    """Parse a line that begins with `hearth`, without running it; return the command's name.

    Raises:
        typer.TyperException: No such command, argument or option, or a value that is refused.
    """
    program, *words = shlex.split(line)
    assert program == "hearth", line
    command = _root()
    context, rest = None, expand(words, command_names())
    name = program
    while True:
        context = command.make_context(name, list(rest), parent=context)
        if not getattr(command, "commands", None):
            return str(context.command_path)
        rest = [*context._protected_args, *context.args]
        if not rest:
            return str(context.command_path)
        name, command, rest = command.resolve_command(context, rest)


@functools.cache
def _root() -> Any:
    return get_command(app)
