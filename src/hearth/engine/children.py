"""Start a child process of the engine, with pipes to talk over, and end it."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from hearth.children import child_command, child_environment
from hearth.engine.cancelling import to_the_end

PIPE_BUFFER_BYTES = 1 << 20

ENGINE_VARIABLES = {
    # A failed assertion in native code would otherwise start a debugger on the dying process.
    "GGML_NO_BACKTRACE": "1",
    # Each thread stays on its core. Left to the system, two that spin are at times put on one core
    # when they wake beside the server, and a prompt takes twice as long (docs/log.md).
    "OMP_PROC_BIND": "true",
}


async def start_child(
    module: str, *, errors: int | IO[bytes] = PIPE, inherited: Sequence[int] = ()
) -> Process:
    """Start `python -m module` with pipes on its standard input and output.

    Args:
        module: A module of Hearth's with a `__main__`.
        errors: Where its standard error goes.
        inherited: Further descriptors that it gets, under the same numbers.
    """
    return await asyncio.create_subprocess_exec(
        *child_command(module),
        stdin=PIPE,
        stdout=PIPE,
        stderr=errors,
        env=child_environment(**ENGINE_VARIABLES),
        start_new_session=True,
        pass_fds=inherited,
        limit=PIPE_BUFFER_BYTES,
    )


async def end_child(child: Process) -> None:
    """Kill a child unless it has ended, and wait until it is gone, even when cancelled."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
        await to_the_end(child.wait())
