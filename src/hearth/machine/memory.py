"""How much memory there is, and how much of it can be had now."""

from __future__ import annotations

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
    """

    total_bytes: int
    available_bytes: int
    limited_by: str = "machine"


def read_memory(limits: CgroupLimits) -> Memory:
    """Read the memory of this machine within the limits of its control group."""
    machine = psutil.virtual_memory()
    if limits.memory_bytes is None or limits.memory_free_bytes is None:
        return Memory(total_bytes=machine.total, available_bytes=machine.available)
    is_container = limits.memory_bytes < machine.total
    return Memory(
        total_bytes=min(machine.total, limits.memory_bytes),
        available_bytes=min(machine.available, limits.memory_free_bytes),
        limited_by="container" if is_container else "machine",
    )
