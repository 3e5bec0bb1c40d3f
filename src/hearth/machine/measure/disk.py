"""How fast the disk of a folder is read: past all caches, from the page cache, and at random.

A file of our own is written, flushed and read back in the large blocks in which models are loaded.
Cold reads go around the page cache (O_DIRECT, or F_NOCACHE on macOS), or take it away first where
the file system refuses that. What a disk, its controller or the host of a virtual machine caches
for itself cannot be taken away from here: then "cold" is what they give, as it is for a model.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearth.machine.measure.buffers import MIB
from hearth.machine.measure.repeats import MIN_REPEATS, summarize
from hearth.machine.profile import Measured

FILE_BYTES = 64 * MIB
BLOCK_BYTES = 8 * MIB
PAGE_BYTES = 4096
RANDOM_READS = 200
MAX_COLD_S = 4.0  # a slow disk is measured on less
LEAST_FREE_BYTES = 8 * FILE_BYTES
_F_NOCACHE = 48  # sys/fcntl.h of macOS


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpeed:
    """Figures of one disk; `why_not` where there are none."""

    cold_read: Measured | None = None
    warm_read: Measured | None = None
    latency: Measured | None = None
    why_not: str | None = None


def measure_disk(folder: Path) -> DiskSpeed:
    """Measure the disk that an existing folder is on; the file for it is gone afterwards."""
    if not hasattr(os, "preadv"):
        return DiskSpeed(why_not="this system reads around its cache in a way not supported yet")
    try:
        usage = os.statvfs(folder)
        if usage.f_bavail * usage.f_frsize < LEAST_FREE_BYTES:
            return DiskSpeed(why_not=f"less than {LEAST_FREE_BYTES // MIB} MiB are free on it")
        with _test_file(folder) as path:
            return _measure(path)
    except OSError as error:
        return DiskSpeed(why_not=f"a file on it cannot be used: {error.strerror or error}")


def _measure(path: Path) -> DiskSpeed:
    with _opened(path, direct=True) as (cold, how), _opened(path, direct=False) as (warm, _):
        cold_rates = _read_cold(cold, how)
        random_s = _read_at_random(cold, how)
        _read_all(warm)  # brings it into the page cache
        warm_rates = [FILE_BYTES / _read_all(warm) for _ in range(5)]
    block = f"{BLOCK_BYTES // MIB} MiB blocks, one at a time"
    return DiskSpeed(
        cold_read=summarize(cold_rates, "B/s", f"{block}, {how}"),
        warm_read=summarize(warm_rates, "B/s", f"{block}, from the page cache"),
        latency=summarize(random_s, "s", f"4096 bytes at a random place, {how}"),
    )


@contextlib.contextmanager
def _test_file(folder: Path) -> Iterator[Path]:
    number, name = tempfile.mkstemp(prefix=".hearth-measures-", dir=folder)
    try:
        with os.fdopen(number, "wb") as file:
            # Random, so that nothing on the way can compress it; each block another.
            block = np.random.default_rng(0).integers(0, 256, BLOCK_BYTES, np.uint8)
            for shift in range(FILE_BYTES // BLOCK_BYTES):
                file.write((block ^ np.uint8(shift)).data)
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        os.unlink(name)


@contextlib.contextmanager
def _opened(path: Path, *, direct: bool) -> Iterator[tuple[int, str]]:
    """Open a file; where reads around the cache are wanted, say how they come about."""
    flag = getattr(os, "O_DIRECT", 0) if direct else 0
    how = "O_DIRECT" if flag else ""
    try:
        number = os.open(path, os.O_RDONLY | flag)
    except OSError:  # some file systems know no O_DIRECT
        number, how = os.open(path, os.O_RDONLY), ""
    try:
        if direct and sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(number, _F_NOCACHE, 1)
            how = "F_NOCACHE"
        yield number, how or "dropped from the page cache first"
    finally:
        os.close(number)


def _read_cold(number: int, how: str) -> list[float]:
    rates: list[float] = []
    began = time.perf_counter()
    while len(rates) < 5 and (len(rates) < MIN_REPEATS or time.perf_counter() - began < MAX_COLD_S):
        _drop(number, how)
        # What a repeat reads shrinks on a slow disk, so that three of them end in time.
        part = FILE_BYTES if not rates else min(FILE_BYTES, rates[0] * MAX_COLD_S / MIN_REPEATS)
        num_blocks = max(1, int(part) // BLOCK_BYTES)
        rates.append(num_blocks * BLOCK_BYTES / _read_all(number, num_blocks))
    return rates


def _read_at_random(number: int, how: str) -> list[float]:
    """Return the times of single reads, without the slowest and the fastest tenth."""
    places = np.random.default_rng(1).permutation(FILE_BYTES // PAGE_BYTES)[:RANDOM_READS]
    times: list[float] = []
    with mmap.mmap(-1, PAGE_BYTES) as buffer:
        _drop(number, how)
        for place in places:
            began = time.perf_counter()
            os.preadv(number, [buffer], int(place) * PAGE_BYTES)
            times.append(time.perf_counter() - began)
            if sum(times) > MAX_COLD_S and len(times) >= 10:
                break
    cut = len(times) // 10
    return sorted(times)[cut : len(times) - cut]


def _read_all(number: int, num_blocks: int = FILE_BYTES // BLOCK_BYTES) -> float:
    """Read from the beginning; return the seconds it took."""
    with mmap.mmap(-1, BLOCK_BYTES) as buffer:  # aligned, as O_DIRECT wants it
        buffer[:] = bytes(BLOCK_BYTES)
        began = time.perf_counter()
        for block in range(num_blocks):
            if os.preadv(number, [buffer], block * BLOCK_BYTES) != BLOCK_BYTES:
                raise OSError("the file is shorter than it was written")
        return time.perf_counter() - began


def _drop(number: int, how: str) -> None:
    """Take a file out of the page cache, where it is not read around it."""
    if how not in ("O_DIRECT", "F_NOCACHE") and hasattr(os, "posix_fadvise"):
        os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED)
