"""What all child processes of the engine have in common: what they may know, and when they end.

They are told nothing secret (keys and tokens live in the environment of many homes), import
nothing from the folder that Hearth happens to be started in, do not take the terminal's Ctrl-C
for their own, and end with their parent. The end of the pipe is the portable sign that it is
gone; on Linux the kernel also sends a signal, which arrives in the middle of a long computation.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import IO

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PIPE_BUFFER_BYTES = 1 << 20

# What Python and the engine need to find their libraries and devices, and the time zone.
KEPT_VARIABLES = """
PYTHONPATH PYTHONHOME LD_LIBRARY_PATH DYLD_LIBRARY_PATH SYSTEMROOT TZ
HOME TMPDIR CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES OMP_NUM_THREADS
""".split()  # noqa: SIM905 - a list of names reads best as names

CHILD_VARIABLES = {
    "PYTHONUTF8": "1",
    # A failed assertion in native code would otherwise start a debugger on the dying process.
    "GGML_NO_BACKTRACE": "1",
    # Each thread stays on its core. Left to the system, two that spin are at times put on one core
    # when they wake beside the server, and a prompt takes twice as long (docs/log.md).
    "OMP_PROC_BIND": "true",
}


async def start_child(module: str, *, errors: int | IO[bytes] = PIPE) -> Process:
    """Start `python -m module` with pipes on its standard input and output.

    Args:
        module: A module of Hearth's with a `__main__`.
        errors: Where its standard error goes.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the current folder is no place to import from
        "-m",
        module,
        stdin=PIPE,
        stdout=PIPE,
        stderr=errors,
        env=_environment(),
        start_new_session=True,
        limit=PIPE_BUFFER_BYTES,
    )


def tie_to_parent() -> None:
    """In the child: end when the parent dies, and leave no core file behind."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold people's conversations
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the two lines
            os._exit(0)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | CHILD_VARIABLES
