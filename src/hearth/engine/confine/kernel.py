"""The few raw kernel calls that confinement needs, through ctypes.

Neither Landlock nor seccomp has a wrapper in the C library, so both are reached by number through
`syscall(2)`. Failure is an `OSError` with the kernel's error number, as everywhere in Python.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_NO_NEW_PRIVS = 38


def is_linux() -> bool:
    """Tell whether this is Linux; a function, so that type checkers read both branches."""
    return sys.platform.startswith("linux")


def system_call(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by number and return its result.

    Args:
        number: The call's number on this machine's architecture.
        arguments: Integers, or buffers that are passed by address; None is a null pointer.

    Raises:
        OSError: The kernel refused; `errno` says why.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *words))
    if result == -1:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))
    return result


def forbid_new_privileges() -> None:
    """Give up gaining privileges by exec for ever; the kernel asks this of both layers.

    Raises:
        OSError: The kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))
