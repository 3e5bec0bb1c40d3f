"""How long one read takes that the next one has to wait for: a chain of pointers, in random order.

NumPy cannot measure this: every one of its loops knows its addresses beforehand, and Python's own
steps take longer than the memory. The C library can: `obstack_memory_used` (glibc, documented in
obstack.h) adds up the chunks of an object stack by following each one's pointer to the one before.
So the chunks are laid out here, one to a cache line, linked through memory in random order, which
no prefetcher can guess, and the library's loop walks them at one read per step.

A chain ends, so a small one is walked many times over, and the time of a call with nothing to walk
is taken off. A chain in memory is cut into segments, each walked once; before that, all caches are
filled with something else.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hearth.machine.measure.buffers import Bytes, CacheSizes
from hearth.machine.measure.repeats import WANTED, Repeat, is_disturbed, repeat
from hearth.machine.profile import LatencyAt, Measured

LINE_BYTES = 64
SEGMENTS = 3 * WANTED
SEGMENT_STEPS = 2**14  # some 2 ms in memory: most end before another program has its turn
WALK_S = 0.002
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


def measure_latencies(caches: CacheSizes, far: Bytes) -> tuple[LatencyAt, ...] | str:
    """Measure the latency of each cache and of memory, on the thread that calls.

    Args:
        caches: Of the processor that this thread runs on.
        far: Memory larger than all caches, of whole pages; the chains are laid out in it.
        far_bytes: Size of the chain that is to lie in memory.

    Returns:
        The figures, that of memory last, or why there are none.
    """
    walk = find_walk()
    if isinstance(walk, str):
        return walk
    half = far.nbytes // 2
    near = tuple(
        LatencyAt(size_bytes=size, latency=_near(far[:size], walk))
        for size in caches.inside()
        if size <= half
    )
    return (*near, LatencyAt(size_bytes=half, latency=_far(far[:half], far[half:], walk)))


def _near(memory: Bytes, walk: Callable[[int], None]) -> Measured:
    chain = _lay_chain(memory, num_segments=1, num_steps=memory.nbytes // LINE_BYTES)
    (start,) = chain.starts
    walk(start)  # brings it into the cache
    times = max(1, round(WALK_S / _time(walk, start)[0]))
    idle_s = min(_time(walk, 0, times)[0] for _ in range(WANTED)) / times

    def take() -> Repeat:
        elapsed_s, busy_s = _time(walk, start, times)
        step_s = (elapsed_s / times - idle_s) / chain.num_steps
        return Repeat(max(LEAST_S, step_s), is_disturbed(busy_s, elapsed_s))

    return repeat(take, "s", "chain of pointers in random order, walked by glibc")


def _far(memory: Bytes, filler: Bytes, walk: Callable[[int], None]) -> Measured:
    num_steps = min(SEGMENT_STEPS, memory.nbytes // LINE_BYTES // SEGMENTS)
    chain = _lay_chain(memory, num_segments=SEGMENTS, num_steps=num_steps)
    starts = iter(chain.starts)

    def take() -> Repeat | None:
        start = next(starts, None)
        if start is None:
            return None
        np.maximum.reduce(filler)
        elapsed_s, busy_s = _time(walk, start)
        return Repeat(elapsed_s / chain.num_steps, is_disturbed(busy_s, elapsed_s))

    return repeat(take, "s", "chain of pointers in random order, walked by glibc, caches cold")


def _lay_chain(memory: Bytes, *, num_segments: int, num_steps: int) -> _Chain:
    """Link chunks that are scattered over all lines of a memory into segments of equal length."""
    lines = memory.view(np.uint64).reshape(-1, LINE_BYTES // 8)
    num_chunks = num_segments * num_steps
    order = np.random.default_rng(0).choice(len(lines), num_chunks, replace=False)
    addresses = order.astype(np.uint64) * np.uint64(LINE_BYTES) + np.uint64(memory.ctypes.data)
    before = np.zeros(num_chunks, np.uint64)
    before[:-1] = addresses[1:]
    before[num_steps - 1 :: num_steps] = 0
    lines[order, _LIMIT] = addresses  # a chunk of no bytes, so that nothing is added up
    lines[order, _BEFORE] = before
    return _Chain(
        starts=tuple(int(address) for address in addresses[::num_steps]), num_steps=num_steps
    )


def _time(walk: Callable[[int], None], start: int, times: int = 1) -> tuple[float, float]:
    """Return the time that went by, and that of it in which this thread had the processor."""
    began, busy_s = time.perf_counter(), time.thread_time()
    for _ in range(times):
        walk(start)
    return time.perf_counter() - began, time.thread_time() - busy_s
