"""Say to other programs of this user that a model's files are in use, and ask whether they are.

Whoever loads a model holds a shared lock on its files; whoever wants to take them away tries for
the lock alone. The system frees a lock when its holder ends, however it ends, so that none is ever
stale.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path


class Hold:
    """A hold on a model's files, until it is released.

    Args:
        paths: The files; one that cannot be opened or locked is passed over, because loading it
            will say what is wrong.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._descriptors = [
            descriptor for path in paths if (descriptor := _lock(path, fcntl.LOCK_SH)) is not None
        ]

    def release(self) -> None:
        """Let go; a no-op when it was done before."""
        while self._descriptors:
            os.close(self._descriptors.pop())


def is_in_use(path: Path) -> bool:
    """Say whether somebody holds a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(descriptor)
    return False


def _lock(path: Path, how: int) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
