"""Quantize a model with llama.cpp, in a child that may write the new file and nothing else.

The quantizer is native code that reads a stranger's file: it can die of an assertion, and it is
given no more than it needs. Nothing here knows which quantization is sensible, where the new file
comes to lie, or what it is called.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from hearth.engine.cancelling import until_cancelled
from hearth.engine.children import end_child, start_child
from hearth.engine.quantizing.messages import (
    Ask,
    Begun,
    Decided,
    Done,
    Failed,
    Reply,
    Wanted,
    decode_reply,
    encode,
)
from hearth.errors import EngineCrashed, EngineError, HearthError

__all__ = ["Begun", "Decided", "Wanted", "decide_types", "quantize_file"]

STOPPED = "The quantizing was stopped."


def decide_types(
    files: Sequence[Path], wanted: Sequence[Wanted], *, confine: bool = True
) -> list[list[Decided]]:
    """Return what would become of every tensor by each that is wanted, without doing it.

    Args:
        files: The model's files, the first one first; they have passed the validator.
        wanted: Mixes.
        confine: Whether the child is shut off from all else.

    Raises:
        EngineError: The engine refuses the model or a mix, or died.
        EngineMissing: There is no engine.
    """
    found: list[list[Decided]] = [[] for _ in wanted]

    def keep(reply: Reply) -> None:
        if isinstance(reply, Decided):
            found[reply.number].append(reply)

    ask = Ask(files=[*map(str, files)], wanted=[*wanted], confine=confine)
    _run(ask, keep, threading.Event())
    return found


def quantize_file(ask: Ask, on_tensor: Callable[[Begun], None], cancelled: threading.Event) -> Done:
    """Write a quantized copy of a model, and return how the child was confined.

    Args:
        ask: What to do; its target is there and empty.
        on_tensor: Called as each tensor begins.
        cancelled: Set to stop; the target is then half-written, and RequestAborted raised.

    Raises:
        EngineError: The engine failed or died; the target is then half-written.
        RequestAborted: It was stopped.
    """

    def tell(reply: Reply) -> None:
        if isinstance(reply, Begun):
            on_tensor(reply)

    return _run(ask, tell, cancelled)


def _run(ask: Ask, on_reply: Callable[[Reply], None], cancelled: threading.Event) -> Done:
    with tempfile.TemporaryFile() as errors:
        return asyncio.run(until_cancelled(_converse(ask, on_reply, errors), cancelled, STOPPED))


async def _converse(ask: Ask, on_reply: Callable[[Reply], None], errors: IO[bytes]) -> Done:
    child = await start_child("hearth.engine.quantizing", errors=errors)
    assert child.stdin is not None, "started with a pipe"
    assert child.stdout is not None, "started with a pipe"
    last: Reply | None = None
    try:
        child.stdin.write(encode(ask))
        child.stdin.close()
        async for line in child.stdout:
            last = decode_reply(line)
            on_reply(last)
        status = await child.wait()
    finally:
        await end_child(child)
    if isinstance(last, Done):
        return last
    raise HearthError.from_data(last.error) if isinstance(last, Failed) else _death(status, errors)


def _death(status: int, errors: IO[bytes]) -> EngineError:
    how = f"ended with status {status}"
    if status < 0:
        how = f"was ended by {signal.Signals(-status).name}"
    errors.seek(0)
    last_line = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    said = f" It last said: {last_line[:300]}" if last_line else ""
    return EngineCrashed(
        f"The quantizer {how}.{said}", hint="Run `hearth models show` on the model it read."
    )
