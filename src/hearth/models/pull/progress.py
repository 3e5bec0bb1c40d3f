"""How far a pull is: bytes of all files together, told a few times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

TELL_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """How far a pull is.

    Args:
        done_bytes: Bytes that are here, those of earlier attempts included.
        total_bytes: Bytes of all files.
        doing: What goes on now, in a few words.
    """

    done_bytes: int
    total_bytes: int
    doing: str


OnProgress = Callable[[PullProgress], None]


class Meter:
    """Adds up what the connections of a pull report.

    Args:
        total_bytes: Bytes of all files.
        on_progress: Told how far it is, from one thread at a time.
    """

    def __init__(self, total_bytes: int, on_progress: OnProgress) -> None:
        self._total_bytes = total_bytes
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._settled_bytes = 0  # of files that are done
        self._current_bytes = 0  # of the file that is on its way
        self._doing = ""
        self._told_at_s = 0.0

    def begin(self, doing: str, present_bytes: int) -> None:
        """Say what goes on now, and how much of the present file is here."""
        with self._lock:
            self._doing, self._current_bytes = doing, present_bytes
            self._tell()

    def add(self, num_bytes: int) -> None:
        """Count bytes of the present file."""
        with self._lock:
            self._current_bytes += num_bytes
            if time.monotonic() - self._told_at_s >= TELL_EVERY_S:
                self._tell()

    def settle(self, doing: str, size_bytes: int) -> None:
        """Say that the present file is here and right."""
        with self._lock:
            self._settled_bytes += size_bytes
            self._current_bytes = 0
            self._doing = doing
            self._tell()

    def _tell(self) -> None:
        self._told_at_s = time.monotonic()
        done = min(self._settled_bytes + self._current_bytes, self._total_bytes)
        progress = PullProgress(done_bytes=done, total_bytes=self._total_bytes, doing=self._doing)
        self._on_progress(progress)
