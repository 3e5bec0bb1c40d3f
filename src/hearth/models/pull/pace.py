"""How fast bytes may come, over all connections of a pull together."""

from __future__ import annotations

import threading
import time

BURST_S = 0.25  # how much may come at once after a pause


class Pace:
    """Lets bytes through at a rate.

    Args:
        bytes_per_s: Most bytes per second; None for no limit.
    """

    def __init__(self, bytes_per_s: float | None) -> None:
        self._rate = bytes_per_s
        self._lock = threading.Lock()
        self._due_s = 0.0

    def wait(self, num_bytes: int, cancelled: threading.Event) -> None:
        """Take note of bytes that have come, and wait until the next may be asked for."""
        if self._rate is None:
            return
        with self._lock:
            now_s = time.monotonic()
            self._due_s = max(self._due_s, now_s - BURST_S) + num_bytes / self._rate
            delay_s = self._due_s - now_s
        if delay_s > 0:
            cancelled.wait(delay_s)
