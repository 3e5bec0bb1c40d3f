"""Figures of well-known memory, GPUs and links, each row with its source.

Found by whole names alone: a name that merely looks like another is not found, because a guess here
would become a figure in somebody's plan.
"""

from hearth.machine.catalogue.records import GpuRow, LinkRow, MemoryKind
from hearth.machine.catalogue.tables import (
    find_gpu,
    find_link,
    find_memory,
    gpus,
    links,
    memory_kinds,
)

__all__ = [
    "GpuRow",
    "LinkRow",
    "MemoryKind",
    "find_gpu",
    "find_link",
    "find_memory",
    "gpus",
    "links",
    "memory_kinds",
]
