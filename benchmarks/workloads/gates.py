"""Is the machine quiet enough for a sample to count?

Two threads on two cores lose a third to all of their speed to one busy process, so a sample that
was taken beside other work says nothing. Before each one, nobody else may be computing, and a fixed
piece of work must take hardly longer than it ever has here (a neighbour of a virtual machine slows
it without being seen).
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import asdict, dataclass
from typing import Any

SPIN_BYTES = 1 << 15  # they stay in a core's own cache
SPIN_ROUNDS = 200
SPINS = 5
TOLERANCE = 0.03
ATTEMPTS = 8
PAUSE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What was seen right before a sample.

    Args:
        passed: Whether the sample counts.
        others: Processes that computed, beside this one.
        slowdown: The fixed work's time over its shortest, less 1.
        load: The load average of a minute.
        attempts: How often it was looked.
    """

    passed: bool
    others: int
    slowdown: float
    load: float
    attempts: int

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


class Gatekeeper:
    """Looks at the machine before each sample, and waits a little where it is busy.

    Args:
        tolerance: How much slower than ever the fixed work may be, as a part of 1.
        attempts: How often to look before a sample is taken all the same, and does not count.
        pause_s: Seconds between two looks.
    """

    def __init__(
        self, tolerance: float = TOLERANCE, attempts: int = ATTEMPTS, pause_s: float = PAUSE_S
    ) -> None:
        self._tolerance, self._attempts, self._pause_s = tolerance, attempts, pause_s
        self._payload = bytes(SPIN_BYTES)
        self._best_s = min(self._spin() for _ in range(5 * SPINS))

    def look(self) -> Gate:
        """Return what there is to see, at the latest when all attempts are used up."""
        for attempt in range(1, self._attempts + 1):
            others = running_processes() - 1
            spin_s = min(self._spin() for _ in range(SPINS))
            self._best_s = min(self._best_s, spin_s)
            slowdown = spin_s / self._best_s - 1
            passed = others <= 0 and slowdown <= self._tolerance
            if passed or attempt == self._attempts:
                break
            time.sleep(self._pause_s)
        return Gate(
            passed=passed,
            others=others,
            slowdown=round(slowdown, 4),
            load=round(os.getloadavg()[0], 2),
            attempts=attempt,
        )

    def _spin(self) -> float:
        began = time.perf_counter()
        for _ in range(SPIN_ROUNDS):
            hashlib.blake2b(self._payload).digest()
        return time.perf_counter() - began


def running_processes() -> int:
    """Return how many processes compute now, this one counted in; 1 where the system hides it.

    Source: proc(5), /proc/loadavg, fourth field.
    """
    try:
        with open("/proc/loadavg", encoding="ascii") as file:
            return int(file.read().split()[3].partition("/")[0])
    except OSError:
        return 1
