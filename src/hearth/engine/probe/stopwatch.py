"""Times of what is computed, and the share of the processors that it had meanwhile."""

from __future__ import annotations

import time
from typing import NamedTuple

from hearth.engine.probe.messages import Clock


class Stopwatch:
    """Times what happens within it: `seconds` by a clock, and `elapsed` by that on the wall.

    Args:
        clock: Which time `seconds` counts.
        threads: Threads that compute.
    """

    def __init__(self, clock: Clock, threads: int) -> None:
        self._clock, self._threads = clock, threads
        self.seconds = self.share = self.elapsed = 0.0

    def __enter__(self) -> Stopwatch:
        self._busy, self._began = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        busy = time.process_time() - self._busy
        self.elapsed = time.perf_counter() - self._began
        self.seconds = self.elapsed if self._clock == "wall" else busy
        self.share = min(1.0, busy / (self.elapsed * self._threads))


class Reading(NamedTuple):
    """Seconds that something took, and the share of the processors that it had meanwhile."""

    seconds: float
    share: float
