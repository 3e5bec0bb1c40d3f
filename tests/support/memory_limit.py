"""Make the system refuse memory above a bound, so that taking too much is an error at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def at_most(num_bytes: int) -> Iterator[None]:
    """Let this process grow by so many bytes; more is a MemoryError. Linux only, else no bound."""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    now_bytes = pages * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now_bytes + num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
