"""A child process that ends with its parent, and leaves no core file behind.

The end of the pipe from the parent is the portable sign that it is gone; on Linux the kernel also
sends the child a signal, which reaches it in the middle of a long computation.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_to_parent() -> None:
    """Let the kernel end this process when its parent dies, and forbid core dumps of it."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold people's conversations
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the two lines
            os._exit(0)
