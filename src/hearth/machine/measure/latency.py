"""How long one read takes that the next one has to wait for: a chain of pointers, in random order.

NumPy cannot measure this: every one of its loops knows its addresses beforehand, and Python's own
steps take longer than the memory. The C library can: `obstack_memory_used` (glibc, documented in
obstack.h) adds up the chunks of an object stack by following each one's pointer to the one before.
So the chunks are laid out here, one to a cache line, linked through memory in random order, which
no prefetcher can guess, and the library's loop walks them at one read per step.

A chain ends, so a small one is walked many times over, and the time of a call with nothing to walk
is taken off. A chain in memory is cut into segments; before each is walked, all caches are filled
with something else.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hearth.machine.measure.buffers import MIB, CacheSizes, allocate
from hearth.machine.measure.repeats import summarize
from hearth.machine.profile import LatencyAt, Measured

LINE_BYTES = 64
REPEATS = 5
MAX_STEPS = 2**17  # of one segment: some 15 ms in memory
WALK_S = 0.01
LEAST_S = 1e-10  # no cache answers within less; what comes out below is noise of a subtraction
_LIMIT, _BEFORE = 0, 1  # the two words that begin struct _obstack_chunk


class _Obstack(ctypes.Structure):
    """The beginning of struct obstack; the rest (obstack.h) is not read by the walk."""

    _fields_ = (
        ("chunk_size", ctypes.c_long),
        ("chunk", ctypes.c_void_p),
        ("rest", ctypes.c_void_p * 14),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    """Chunks linked through memory; one start for each segment of `num_steps`."""

    memory: npt.NDArray[np.uint64]
    starts: tuple[int, ...]
    num_steps: int


def find_walk() -> Callable[[int], None] | str:
    """Return the function that walks the chain at an address, or why there is none."""
    if sys.platform != "linux" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return "only the C library of 64-bit Linux has a function that walks a chain of pointers"
    try:
        function = ctypes.CDLL(None)._obstack_memory_used
    except (AttributeError, OSError):
        return "this C library is not glibc, whose obstack_memory_used walks a chain of pointers"
    function.restype = ctypes.c_size_t
    function.argtypes = [ctypes.c_void_p]
    stack = _Obstack(chunk_size=4096)

    def walk(start: int) -> None:
        stack.chunk = start
        function(ctypes.byref(stack))

    return walk


def measure_latencies(
    caches: CacheSizes, far: npt.NDArray[np.uint8], far_bytes: int
) -> tuple[LatencyAt, ...] | str:
    """Measure the latency of each cache and of memory, on the thread that calls.

    Args:
        caches: Of the processor that this thread runs on.
        far: Memory larger than all caches, to fill them with.
        far_bytes: Size of the chain that is to lie in memory.

    Returns:
        The figures, that of memory last, or why there are none.
    """
    walk = find_walk()
    if isinstance(walk, str):
        return walk
    sizes = [size for size in caches.inside() if size < far_bytes // 2]
    near = tuple(LatencyAt(size_bytes=size, latency=_near(size, walk)) for size in sizes)
    return (*near, LatencyAt(size_bytes=far_bytes, latency=_far(far_bytes, far, walk)))


def _near(size_bytes: int, walk: Callable[[int], None]) -> Measured:
    chain = _lay_chain(size_bytes, size_bytes // LINE_BYTES, num_segments=1)
    (start,) = chain.starts
    walk(start)  # brings it into the cache
    once_s = _time(walk, start)
    times = max(1, round(WALK_S / once_s))
    idle_s = min(_time(walk, 0, times) for _ in range(REPEATS)) / times
    found = [
        max(LEAST_S, (_time(walk, start, times) / times - idle_s) / chain.num_steps)
        for _ in range(REPEATS)
    ]
    return summarize(found, "s", "chain of pointers in random order, walked by glibc")


def _far(size_bytes: int, filler: npt.NDArray[np.uint8], walk: Callable[[int], None]) -> Measured:
    lines = size_bytes // LINE_BYTES
    num_steps = min(MAX_STEPS, lines // REPEATS)
    chain = _lay_chain(size_bytes, num_steps * REPEATS, num_segments=REPEATS)
    found = []
    for start in chain.starts:
        np.maximum.reduce(filler)
        found.append(_time(walk, start) / chain.num_steps)
    source = "chain of pointers in random order, walked by glibc with cold caches"
    return summarize(found, "s", source)


def _lay_chain(size_bytes: int, num_chunks: int, num_segments: int) -> _Chain:
    """Link so many chunks, scattered over all lines, into segments of equal length."""
    memory = allocate(-(-size_bytes // MIB) * MIB).view(np.uint64).reshape(-1, LINE_BYTES // 8)
    lines = size_bytes // LINE_BYTES
    random = np.random.default_rng(0)
    order = random.permutation(lines)[:num_chunks].astype(np.uint64)
    addresses = order * np.uint64(LINE_BYTES) + np.uint64(memory.ctypes.data)
    num_steps = num_chunks // num_segments
    before = np.zeros(num_chunks, np.uint64)
    before[:-1] = addresses[1:]
    before[num_steps - 1 :: num_steps] = 0
    memory[order, _LIMIT] = addresses  # a chunk of no bytes, so that nothing is added up
    memory[order, _BEFORE] = before
    starts = tuple(int(address) for address in addresses[: num_steps * num_segments : num_steps])
    return _Chain(memory=memory, starts=starts, num_steps=num_steps)


def _time(walk: Callable[[int], None], start: int, times: int = 1) -> float:
    began = time.perf_counter()
    for _ in range(times):
        walk(start)
    return time.perf_counter() - began
