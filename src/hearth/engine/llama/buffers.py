"""The buffers that llama.cpp says it allocated: the one place where it tells sizes by part.

It logs a line for each, with two decimals of a MiB, such as
`llama_kv_cache:        CPU KV buffer size =    22.50 MiB`. Source: load_tensors, the constructors
of its caches, and sched_reserve of llama.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MIB = 2**20
# What comes before "buffer size", by the part it belongs to.
PARTS = {
    "model": "weights",
    "KV": "kv",
    "compute": "compute",
    "output": "output",
    "LoRA": "adapter",
}
STATE = "state"  # "RS", and the further caches of some families

_LINE = re.compile(r"^\w+: +(?P<place>\S+) +(?P<kind>\S.*?) buffer size *= *(?P<mib>[0-9.]+) MiB")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedBuffer:
    """One allocation.

    Args:
        part: "weights", "kv", "state", "compute", "output" or "adapter".
        place: The kind of memory, as ggml names it: "CPU", "CPU_Mapped", "CPU_REPACK", "CUDA0".
    """

    part: str
    place: str
    size_bytes: int


def logged_buffer(line: str) -> LoggedBuffer | None:
    """Return what a line of the log says was allocated, or None where it says nothing of it."""
    found = _LINE.match(line)
    if found is None:
        return None
    part = PARTS.get(found["kind"], STATE)
    return LoggedBuffer(part=part, place=found["place"], size_bytes=int(float(found["mib"]) * MIB))


def without_repeats(buffers: Iterable[LoggedBuffer]) -> list[LoggedBuffer]:
    """Return the buffers that stand in the end.

    Scratch memory is logged again each time that it is laid out anew; the other parts can have
    several buffers in one place, which add up.
    """
    kept: list[LoggedBuffer] = []
    scratch: dict[str, LoggedBuffer] = {}
    for buffer in buffers:
        if buffer.part == "compute":
            scratch[buffer.place] = buffer
        else:
            kept.append(buffer)
    return [*kept, *scratch.values()]
