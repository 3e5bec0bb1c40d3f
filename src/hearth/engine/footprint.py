"""What a process takes of main memory: its own pages, and those of files.

Its own (anonymous) pages go only with the process; pages of files are shared with whoever maps the
same file, and the system takes them back when it needs room. Only Linux tells them apart; elsewhere
nothing is said rather than something else. Source: proc(5), /proc/pid/status and smaps_rollup.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

STATUS = Path("/proc/self/status")
STATUS_BYTES = 16 << 10  # it has some 60 lines

_LINE = re.compile(rb"^(\w+):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Bytes of main memory that a process has now.

    Args:
        anonymous_bytes: Its own.
        file_bytes: Pages of files, and memory shared with other processes.
        peak_bytes: The most that both together ever were.
    """

    anonymous_bytes: int
    file_bytes: int
    peak_bytes: int


class OwnFootprint:
    """This process's footprint, also after files were shut off: what it reads is opened before."""

    def __init__(self) -> None:
        try:
            self._descriptor: int | None = os.open(STATUS, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = None

    def read(self) -> Footprint | None:
        """Return the footprint now; None where the system does not tell."""
        if self._descriptor is None:
            return None
        return _parsed(os.pread(self._descriptor, STATUS_BYTES, 0))

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def footprint_of(pid: int) -> Footprint | None:
    """Return the footprint of a process; None where it is gone or the system does not tell."""
    try:
        return _parsed(Path(f"/proc/{pid}/status").read_bytes())
    except OSError:
        return None


def proportional_bytes(pid: int) -> int | None:
    """Return a process's part of memory where shared pages count in equal parts for each sharer.

    The system walks all pages for it, which takes seconds for a hundred gigabytes; None where the
    process is gone or the system does not tell.
    """
    try:
        return _kilobytes(Path(f"/proc/{pid}/smaps_rollup").read_bytes()).get("Pss")
    except OSError:
        return None


def _parsed(text: bytes) -> Footprint | None:
    found = _kilobytes(text)
    if "RssAnon" not in found:
        return None
    return Footprint(
        anonymous_bytes=found["RssAnon"],
        file_bytes=found.get("RssFile", 0) + found.get("RssShmem", 0),
        peak_bytes=found.get("VmHWM", 0),
    )


def _kilobytes(text: bytes) -> dict[str, int]:
    return {name.decode(): int(number) * 1024 for name, number in _LINE.findall(text)}
