"""Prompts from standard input: piped text joins what was typed, `-` waits for it."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Sequence

from hearth.cli import console
from hearth.core import MAX_PROMPT_BYTES
from hearth.errors import InvalidRequest

_PATIENCE_S = 1.0  # how long a silent pipe is waited for when a prompt was typed as well


def read_prompt(words: Sequence[str]) -> str:
    """Return the prompt: the words, what is piped in, or both with an empty line between.

    Args:
        words: What was typed; a lone `-` stands for standard input and waits until it ends.

    Raises:
        InvalidRequest: Nothing was typed or piped in, or the input is no UTF-8 or too large.
    """
    typed = " ".join(word for word in words if word != "-")
    piped = _read() if _is_wanted(asked="-" in words, needed=not typed) else ""
    prompt = "\n\n".join(part for part in (typed, piped.rstrip("\n")) if part)
    if not prompt.strip():
        raise InvalidRequest(
            "There is no prompt.",
            param="prompt",
            hint='Type it after the model: `hearth run starter "Why is the sky blue?"`, '
            "pipe it in, or talk with `hearth chat`.",
        )
    return prompt


def _is_wanted(*, asked: bool, needed: bool) -> bool:
    if sys.stdin is None or (sys.stdin.isatty() and not asked):
        return False
    return asked or needed or _has_data()


def _has_data() -> bool:
    """Return whether standard input is a file, or a pipe in which something has arrived."""
    descriptor = sys.stdin.fileno()
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return True
    if os.name == "nt" or not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    ready, _, _ = select.select([descriptor], [], [], _PATIENCE_S)
    if not ready:
        console.note("Standard input is open but silent, so it was not read; `-` waits for it.")
    return bool(ready)


def _read() -> str:
    raw = sys.stdin.buffer.read(MAX_PROMPT_BYTES + 1)
    if len(raw) > MAX_PROMPT_BYTES:
        raise InvalidRequest(
            f"Standard input has more than {MAX_PROMPT_BYTES:,} bytes.",
            param="prompt",
            hint="Split the text, or ask about one part of it at a time.",
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"Standard input is not valid UTF-8 (byte {error.start:,} is "
            f"0x{raw[error.start]:02x}).",
            param="prompt",
            hint="Convert it first, for example with `iconv -t utf-8`.",
        ) from error
