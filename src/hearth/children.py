"""What all child processes of Hearth have in common: what they may know, and when they end.

They are told nothing secret (keys and tokens live in the environment of many homes), import
nothing from the folder that Hearth happens to be started in, do not take the terminal's Ctrl-C
for their own, and end with their parent. The end of the pipe is the portable sign that it is
gone; on Linux the kernel also sends a signal, which arrives in the middle of a long computation.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h

# What Python and the engine need to find their libraries and devices, and the time zone.
KEPT_VARIABLES = """
PYTHONPATH PYTHONHOME LD_LIBRARY_PATH DYLD_LIBRARY_PATH SYSTEMROOT TZ
HOME TMPDIR CUDA_VISIBLE_DEVICES HIP_VISIBLE_DEVICES OMP_NUM_THREADS
""".split()  # noqa: SIM905 - a list of names reads best as names


def child_command(module: str) -> list[str]:
    """Return the command that runs a module of Hearth's which has a `__main__`."""
    return [sys.executable, "-P", "-m", module]  # -P: the current folder is no place to import from


def child_environment(**added: str) -> dict[str, str]:
    """Return what a child may know of this process's environment, and what is added to it."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONUTF8": "1"} | added


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


def limit_resources(*, memory_bytes: int, cpu_s: float) -> None:
    """In the child: take no more than this, whatever a hostile file makes of it.

    Args:
        memory_bytes: Address space; enforced on Linux alone.
        cpu_s: Processor time, rounded up to whole seconds; not enforced on Windows.
    """
    if sys.platform == "win32":  # has no such limits; the parent's deadline still holds
        return
    import resource

    whole_s = math.ceil(cpu_s)
    resource.setrlimit(resource.RLIMIT_CPU, (whole_s, whole_s + 1))
    if sys.platform == "linux":  # elsewhere the system does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
