"""Memory to measure in: whole pages of our own, in huge pages where the system gives them.

Huge pages keep the time of walking page tables out of the figure: what is measured is the memory.
They are asked for, not promised; without them the latency of memory reads higher.
"""

from __future__ import annotations

import contextlib
import mmap
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hearth.machine.cgroup import read_cgroup
from hearth.machine.memory import read_memory

Bytes = npt.NDArray[np.uint8]

MIB = 2**20
LEAST_FAR_BYTES = 128 * MIB
MOST_FAR_BYTES = 512 * MIB
PART_OF_FREE = 8  # measuring must never be what makes a machine swap


@dataclass(frozen=True, slots=True)
class CacheSizes:
    """Sizes in bytes of the caches that one processor sees, the first level first."""

    sizes_bytes: tuple[int, ...]

    @property
    def last_bytes(self) -> int:
        """Size of the last level; a guess of 32 MiB where the system names none."""
        return self.sizes_bytes[-1] if self.sizes_bytes else 32 * MIB

    def inside(self) -> tuple[int, ...]:
        """Return one working set for each level that lies well inside of it.

        Half of its size; no more than eight times the level before, which is far enough from that
        one, takes less time, and in a virtual machine leaves the neighbours their part.
        """
        befores = (self.last_bytes, *self.sizes_bytes)
        pairs = zip(self.sizes_bytes, befores, strict=False)
        return tuple(min(size // 2, 8 * before) for size, before in pairs)


def allocate(size_bytes: int) -> Bytes:
    """Return memory that is really there: each page has been written to.

    Args:
        size_bytes: A multiple of 4096.
    """
    pages = mmap.mmap(-1, size_bytes)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without huge pages
            pages.madvise(mmap.MADV_HUGEPAGE)
    found = np.frombuffer(pages, dtype=np.uint8)
    found[:] = 1
    return found


def far_bytes(caches: CacheSizes) -> int:
    """Return a working set that lies in memory and not in a cache, as far as free memory allows."""
    free = read_memory(read_cgroup()).available_bytes
    wanted = min(max(4 * caches.last_bytes, LEAST_FAR_BYTES), MOST_FAR_BYTES)
    return max(min(wanted, free // PART_OF_FREE) // MIB, 1) * MIB
