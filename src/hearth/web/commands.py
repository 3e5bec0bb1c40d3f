"""What a browser asks for: `{do: "retry", id: "7"}` finds its handler here.

This is the page's border: a `HearthError` becomes a notice that says what to do next, anything
else is logged and becomes a notice that says so. No command can break the page.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from hearth.errors import EngineError, HearthError, InvalidRequest

Command = Mapping[str, str]
Handler = Callable[[Command], Awaitable[None]]

MAX_COMMAND_CHARS = 1_000_000

_log = logging.getLogger(__name__)


class Commands:
    """The commands of one page."""

    def __init__(self, show_error: Callable[[HearthError], None]) -> None:
        self._handlers: dict[str, Handler] = {}
        self._show_error = show_error

    def register(self, handlers: Mapping[str, Handler]) -> None:
        """Add handlers by name; a name that is taken is a mistake of the program."""
        taken = self._handlers.keys() & handlers.keys()
        if taken:
            raise ValueError(f"commands registered twice: {sorted(taken)}")
        self._handlers.update(handlers)

    async def run(self, payload: object) -> None:
        """Run one command as it came from the browser."""
        try:
            command = check_command(payload)
            handler = self._handlers.get(command.get("do", ""))
            if handler is None:
                raise InvalidRequest(f"This page has no command {command.get('do')!r}.")
            await handler(command)
        except HearthError as error:
            self._show_error(error)
        except Exception:
            _log.exception("a command of the page failed")
            self._show_error(
                EngineError(
                    "Something in Hearth itself failed; nothing you wrote is lost.",
                    hint="The details are in Hearth's log.",
                )
            )


def check_command(payload: object) -> Command:
    """Return the payload if it is a flat object of strings and not too long."""
    if not isinstance(payload, dict):
        raise InvalidRequest("A command must be an object.")
    command = {str(name): value for name, value in payload.items()}
    if not all(isinstance(value, str) for value in command.values()):
        raise InvalidRequest("A command's values must be text.")
    if sum(len(value) for value in command.values()) > MAX_COMMAND_CHARS:
        raise InvalidRequest(
            f"The text is longer than {MAX_COMMAND_CHARS:,} characters.",
            hint="Ask about one part of it at a time.",
        )
    return command


def number(command: Command, name: str) -> int:
    """Return one value of a command as a whole number."""
    try:
        return int(command[name])
    except (KeyError, ValueError) as error:
        raise InvalidRequest(
            f"{name} is {command.get(name)!r}; it must be a whole number.", param=name
        ) from error
