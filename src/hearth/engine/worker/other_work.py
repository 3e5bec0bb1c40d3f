"""How much processor time others take on the cores that this process may use.

The kernel counts the busy time of each core, and this process knows its own; the rest is others'.
What the hypervisor gives to other machines ("steal") is not in it: no number of threads helps
against a neighbour. Source: proc(5), /proc/stat.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

STAT = Path("/proc/stat")
STAT_BYTES = 1 << 20  # a line for each core, and the interrupts after them
READ_EVERY_S = 0.25  # the kernel counts in hundredths of a second
BUSY_COLUMNS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq


class OtherWork:
    """Watches the cores, also after files were shut off: what it reads is opened before.

    Args:
        cpus: Cores of this process, as they are before the engine binds its threads to some.
        stat: Where the kernel counts; a file that is not there is no error.
        clock: Seconds.
        own_s: Processor time of this process, in seconds.
        ticks_per_s: Units of the kernel's counts.
    """

    def __init__(
        self,
        cpus: frozenset[int],
        *,
        stat: Path = STAT,
        clock: Callable[[], float] = time.monotonic,
        own_s: Callable[[], float] = time.process_time,
        ticks_per_s: float = 100.0,
    ) -> None:
        self._names = frozenset(f"cpu{number}".encode() for number in cpus)
        self._clock, self._own_s, self._ticks_per_s = clock, own_s, ticks_per_s
        try:
            self._descriptor: int | None = os.open(stat, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = None
        self._cores: float | None = None
        self._at_s, self._others_s = self._read()

    def cores(self) -> float | None:
        """Return how many cores' time others took of late; None where that is not known (yet)."""
        if self._descriptor is None:
            return None
        if self._clock() - self._at_s >= READ_EVERY_S:
            at_s, others_s = self._read()
            self._cores = max(0.0, (others_s - self._others_s) / (at_s - self._at_s))
            self._at_s, self._others_s = at_s, others_s
        return self._cores

    def begin(self) -> None:
        """Count from now on: what others took before says nothing of what they take now."""
        self._at_s, self._others_s = self._read()
        self._cores = None

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _read(self) -> tuple[float, float]:
        """Return the time, and others' processor time until then."""
        if self._descriptor is None:
            return 0.0, 0.0
        busy = sum(_busy_ticks(os.pread(self._descriptor, STAT_BYTES, 0), self._names))
        return self._clock(), busy / self._ticks_per_s - self._own_s()


def watch_others() -> OtherWork:
    """Return a watch over the cores of this process.

    Call it before files are shut off, and before the engine binds its threads to cores.
    """
    if sys.platform != "linux":
        return OtherWork(frozenset(range(os.cpu_count() or 1)))
    ticks_per_s = float(os.sysconf("SC_CLK_TCK"))
    return OtherWork(frozenset(os.sched_getaffinity(0)), ticks_per_s=ticks_per_s)


def _busy_ticks(text: bytes, names: frozenset[bytes]) -> Iterator[int]:
    for line in text.splitlines():
        if not line.startswith(b"cpu"):
            return  # the cores come first
        name, *counts = line.split()
        if name in names:
            yield sum(int(counts[column]) for column in BUSY_COLUMNS)
