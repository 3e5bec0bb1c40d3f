"""How fast memory and caches are read, by number of threads and by working set.

The kernel is NumPy's maximum over bytes: a loop of vector loads with one comparison for each, so
that the loads are what it waits for. (Sums of floats are bound by additions, memchr of the C
library stops four times as often; both read slower from caches.) A working set that is smaller than
a pass is repeated through an axis of stride 0: the repetitions run inside NumPy, without Python and
without its lock, so that threads read at the same time. Each thread is held to a processor of its
own, where the system can do that, and reads a slice of its own.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from hearth.machine.measure.buffers import Bytes
from hearth.machine.measure.repeats import Repeat, is_disturbed, repeat
from hearth.machine.profile import BandwidthAt

PASS_S = 0.008  # of one repeat: most end before a busy machine takes the processor away
THREADS_PER_PASS = 8  # more threads start further apart, and read longer for it
MAX_ROWS = 2**22  # what a pass keeps of each repetition: one byte


@dataclass(frozen=True, slots=True)
class Processors:
    """The processors to read on, in the order in which threads get them.

    Args:
        numbers: As the system counts them; the whole cores first.
        can_pin: Threads can be held to them.
    """

    numbers: tuple[int, ...]
    can_pin: bool = sys.platform == "linux"

    def pin(self, number: int) -> None:
        """Hold the calling thread to one of them, where the system can do that."""
        if self.can_pin:
            os.sched_setaffinity(0, {self.numbers[number % len(self.numbers)]})


def thread_counts(most: int) -> tuple[int, ...]:
    """Return how many threads to try: powers of two, and the most there are."""
    counts = [1]
    while counts[-1] * 2 < most:
        counts.append(counts[-1] * 2)
    return tuple(dict.fromkeys([*counts, max(1, most)]))


def measure_bandwidth(
    memory: Bytes, size_bytes: int, num_threads: int, processors: Processors
) -> BandwidthAt:
    """Measure how fast threads together read a working set over and over.

    Args:
        memory: At least `size_bytes` of memory that has been written to.
        size_bytes: The working set of all threads together.
        num_threads: Each reads an equal slice.
        processors: Where the threads run.
    """
    share = size_bytes // num_threads
    slices = [memory[i * share : (i + 1) * share] for i in range(num_threads)]
    rows = _rows_for(slices, processors, PASS_S * (1 + num_threads / THREADS_PER_PASS))
    threads = f"{num_threads} thread{'s' if num_threads > 1 else ''}"
    pinned = "" if processors.can_pin else " (not pinned: this system cannot)"
    source = f"maximum over bytes (NumPy {np.__version__}), {threads}{pinned}"
    return BandwidthAt(
        num_threads=num_threads,
        size_bytes=share * num_threads,
        bandwidth=repeat(lambda: _read(slices, rows, processors), "B/s", source),
    )


def _rows_for(slices: Sequence[Bytes], processors: Processors, wanted_s: float) -> int:
    """Return how often each slice is to be read so that a pass takes about this long."""
    rows = 1
    while True:
        # The fastest of three: one that lost its processor would pass for long enough a pass.
        rate = max(_read(slices, rows, processors).value for _ in range(3))
        taken_s = rows * len(slices) * slices[0].nbytes / rate
        if taken_s >= wanted_s / 4 or rows >= MAX_ROWS:
            return max(1, min(MAX_ROWS, round(rows * wanted_s / taken_s)))
        rows = min(MAX_ROWS, rows * 8)


def _read(slices: Sequence[Bytes], rows: int, processors: Processors) -> Repeat:
    """Read all slices at the same time: bytes per second, from the first start to the last end."""
    start = threading.Barrier(len(slices))

    def read(number: int) -> tuple[float, float, float]:
        processors.pin(number)
        repeated = np.broadcast_to(slices[number], (rows, slices[number].size))
        kept = np.empty(rows, np.uint8)
        start.wait()
        began, busy_s = time.perf_counter(), time.thread_time()
        np.maximum.reduce(repeated, axis=1, out=kept)
        return began, time.perf_counter(), time.thread_time() - busy_s

    with ThreadPoolExecutor(max_workers=len(slices)) as pool:
        spans = list(pool.map(read, range(len(slices))))
    elapsed_s = max(end for _, end, _ in spans) - min(began for began, _, _ in spans)
    return Repeat(
        rows * sum(one.nbytes for one in slices) / elapsed_s,
        any(is_disturbed(busy_s, elapsed_s) for _, _, busy_s in spans),
    )
