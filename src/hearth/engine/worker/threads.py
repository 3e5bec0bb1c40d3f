"""How many threads compute: as many as planned, fewer while the machine is busy with other work.

The engine's threads meet at a barrier hundreds of times per token. When another program takes one
of their cores, all wait for the thread that lost it: on two cores, two threads next to one busy
program decode slower than one thread does, by 1.6 times and more (docs/log.md).

The sign is the processor time that the threads got. Threads at a barrier spin, so in peace they
use `threads` seconds of processor time per second. If they got clearly less, somebody else did.
Trying more threads again is the only way to see that it is over; failing at it waits longer each
time.
"""

from __future__ import annotations

import time
from collections.abc import Callable

WINDOW_S = 0.25  # shorter, and the ordinary work of the server looks like a busy machine
CROWDED_SHARE = 0.82  # two threads beside one busy program get 0.75
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 8.0


class ThreadGovernor:
    """Chooses the number of threads for the next step.

    Args:
        planned: Threads in peace.
        clock: Seconds; for tests.
    """

    def __init__(self, planned: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.planned = planned
        self.threads = planned
        self._clock = clock
        self._pause_s = FIRST_PAUSE_S
        self._retry_at_s = 0.0
        self._trying_more = False
        self._cpu_s = self._wall_s = 0.0

    def note(self, *, cpu_s: float, wall_s: float) -> None:
        """Take what a step with `threads` threads used, and decide for the next.

        Args:
            cpu_s: Processor time of the whole process during the step.
            wall_s: How long the step took.
        """
        self._cpu_s += cpu_s
        self._wall_s += wall_s
        if self._wall_s < WINDOW_S:
            return
        share = self._cpu_s / (self._wall_s * self.threads)
        self._cpu_s = self._wall_s = 0.0
        if self.threads > 1 and share < CROWDED_SHARE:
            self._use_fewer(share)
        elif self.threads < self.planned and self._clock() >= self._retry_at_s:
            self._trying_more = True
            self.threads += 1
        elif self._trying_more:
            self._trying_more = False
            self._pause_s = FIRST_PAUSE_S

    def _use_fewer(self, share: float) -> None:
        self.threads = max(1, min(self.threads - 1, int(share * self.threads)))
        if self._trying_more:
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        self._trying_more = False
        self._retry_at_s = self._clock() + self._pause_s
