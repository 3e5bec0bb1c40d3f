"""How many requests a model computed at once, on average over each phase of an answer.

Speeds depend on it, and it changes while an answer grows: so it is added up over time. With
A(t) the integral of the number of requests until t, their mean from t1 to t2 is
(A(t2) - A(t1)) / (t2 - t1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Mean numbers of requests while one was answered, this one counted too.

    Args:
        beside_prompt: While its prompt was read: how many there were in all.
        writing: While its answer was written: how many answers were.
        reading: While its answer was written: how many prompts were waiting or read.
    """

    beside_prompt: float
    writing: float
    reading: float


class Traffic:
    """The requests of one model, from their arrival to their end. Used by one thread.

    Args:
        clock: Seconds; for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reading = _Count(clock)
        self._writing = _Count(clock)

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """Count a request for as long as it lasts."""
        visit = Visit(self._clock, self._reading, self._writing)
        try:
            yield visit
        finally:
            visit.end()


class Visit:
    """One request on its way."""

    def __init__(self, clock: Callable[[], float], reading: _Count, writing: _Count) -> None:
        self._clock = clock
        self._reading, self._writing = reading, writing
        self._place: _Count | None = reading
        reading.add(1)
        self._marks = [self._mark()]

    def begin_writing(self) -> None:
        """Note that the prompt was read and the answer begins; only the first time counts."""
        if self._place is not self._reading:
            return
        self._marks.append(self._mark())
        self._move(self._writing)

    def crowd(self) -> Crowd | None:
        """Return who was there until now; None where one of the phases took no time at all."""
        if len(self._marks) < 2:
            return None
        (begun_s, read0, write0), (first_s, read1, write1) = self._marks
        now_s, read2, write2 = self._mark()
        if not begun_s < first_s < now_s:
            return None
        return Crowd(
            beside_prompt=(read1 - read0 + write1 - write0) / (first_s - begun_s),
            writing=(write2 - write1) / (now_s - first_s),
            reading=(read2 - read1) / (now_s - first_s),
        )

    def end(self) -> None:
        """Leave."""
        self._move(None)

    def _move(self, place: _Count | None) -> None:
        if self._place is not None:
            self._place.add(-1)
        self._place = place
        if place is not None:
            place.add(1)

    def _mark(self) -> tuple[float, float, float]:
        return self._clock(), self._reading.area(), self._writing.area()


class _Count:
    """A number, and its integral over time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = 0
        self._area = 0.0
        self._since_s = clock()

    def add(self, change: int) -> None:
        self._area, self._since_s = self.area(), self._clock()
        self._number += change

    def area(self) -> float:
        return self._area + self._number * (self._clock() - self._since_s)
