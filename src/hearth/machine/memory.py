"""How much memory there is, and how much of it can be had now."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from hearth.machine.cgroup import CgroupLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory in bytes.

    Args:
        total_bytes: Of the machine, or of the container when that has less.
        available_bytes: What can be used now without swapping; file caches count as available.
        limited_by: "machine" or "container": whose figures these are.
        swap_bytes: Free swap of the machine; using it makes everything crawl.
    """

    total_bytes: int
    available_bytes: int
    limited_by: str = "machine"
    swap_bytes: int = 0


def read_memory(limits: CgroupLimits) -> Memory:
    """Read the memory of this machine within the limits of its control group."""
    total_bytes, available_bytes = _of_the_machine()
    swap_bytes = _free_swap_bytes()
    if limits.memory_bytes is None or limits.memory_free_bytes is None:
        return Memory(
            total_bytes=total_bytes, available_bytes=available_bytes, swap_bytes=swap_bytes
        )
    is_container = limits.memory_bytes < total_bytes
    return Memory(
        total_bytes=min(total_bytes, limits.memory_bytes),
        available_bytes=min(available_bytes, limits.memory_free_bytes),
        limited_by="container" if is_container else "machine",
        swap_bytes=swap_bytes,
    )


def _of_the_machine() -> tuple[int, int]:
    """Return all memory, and what of it can be had now."""
    try:
        machine = psutil.virtual_memory()
        return machine.total, machine.available
    except (OSError, KeyError, ValueError):
        # A container that hides /proc/meminfo. The system call knows nothing of file caches that
        # could be dropped, so that what it calls free is less than could be had.
        page_bytes = os.sysconf("SC_PAGE_SIZE")
        return (
            os.sysconf("SC_PHYS_PAGES") * page_bytes,
            os.sysconf("SC_AVPHYS_PAGES") * page_bytes,
        )


def _free_swap_bytes() -> int:
    try:
        return psutil.swap_memory().free
    except (OSError, KeyError, ValueError):
        return 0
