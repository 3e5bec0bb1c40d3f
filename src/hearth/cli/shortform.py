"""The short form: `hearth "prompt"` means "ask the default model".

Only the first word decides. A command's name runs that command; a phrase, or a word that looks
like no command, becomes a prompt; a word that looks like a mistyped command is an error, because
sending `hearth modles list` to a model would help nobody.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

from hearth.errors import InvalidRequest

PROMPT = "prompt"
_CLOSE = 0.7  # difflib's ratio from which a word counts as a mistyped command


def expand(arguments: Sequence[str], commands: Collection[str]) -> list[str]:
    """Return the arguments with the command that they mean in front.

    Args:
        arguments: What was typed after `hearth`.
        commands: Names of the commands that exist.

    Raises:
        InvalidRequest: The first word looks like a mistyped command.
    """
    if not arguments:
        return ["--help"]
    first = arguments[0]
    if first in commands or (first.startswith("-") and first != "-"):
        return list(arguments)
    if not any(character.isspace() for character in first):
        _refuse_typo(first, arguments, commands)
    return [PROMPT, *arguments]


def _refuse_typo(word: str, arguments: Sequence[str], commands: Collection[str]) -> None:
    near = difflib.get_close_matches(word.lower(), commands, n=1, cutoff=_CLOSE)
    if near:
        meant = " ".join(["hearth", near[0], *arguments[1:]])
        raise InvalidRequest(
            f"{word!r} is no command; `hearth {near[0]}` is.",
            hint=f"Type `{meant}`; to ask a model about it: `hearth prompt {word!r}`.",
        )
