"""A span of time around some work, at whose end there are joules or a reason why not.

    with Meter() as meter:
        ...
    meter.reading.total

Sources are read at both ends and once a second between, by a thread of the meter's own: gauges have
to be added up over time, and a counter that begins again at 0 must be seen before it does so twice
(a socket's after some 40 minutes at 100 W).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from hearth.machine.power.energy import Energy, Reading
from hearth.machine.power.find import find_sources
from hearth.machine.power.sources import Counter, Gauge, Sources

INTERVAL_S = 1.0
ENTERED = "entered watts times the time"


class Meter:
    """Reads energy from entering to leaving.

    Args:
        sources: What to read; None finds what there is.
        watts: What a person entered for the whole machine; then nothing is read.
        clock: Returns seconds that never go back.
        interval_s: How often to read.
    """

    def __init__(
        self,
        sources: Sources | None = None,
        *,
        watts: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sources = Sources() if watts else sources or find_sources()
        self._watts = watts
        self._clock = clock
        self._interval_s = interval_s
        self._tallies = [_tally(source) for source in self._sources.found]
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep_reading, name="energy", daemon=True)
        self._began_s = 0.0
        self.reading = Reading(seconds=0.0, missing={"machine": "the span is not over"})

    def __enter__(self) -> Meter:
        """Begin the span."""
        self._began_s = self._clock()
        self.read()
        if self._tallies:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the span and work out what it took."""
        self._end.set()
        if self._tallies:
            self._thread.join()
        self.read()
        self.reading = self._conclude(self._clock() - self._began_s)

    def read(self) -> None:
        """Read all sources once."""
        with self._lock:
            for tally in self._tallies:
                tally.read(self._clock())

    def _keep_reading(self) -> None:
        while not self._end.wait(self._interval_s):
            self.read()

    def _conclude(self, seconds: float) -> Reading:
        if self._watts:
            joules = self._watts * seconds
            whole = Energy(
                joules=joules,
                low=joules,
                high=joules,
                seconds=seconds,
                covers=("machine",),
                method=ENTERED,
            )
            return Reading(seconds=seconds, parts=(whole,) if joules else ())
        found = [(tally.source.covers, tally.energy(seconds)) for tally in self._tallies]
        lost: dict[str, str] = {covers: why for covers, why in found if isinstance(why, str)}
        # Where one socket of two is lost, the other alone would pass for both.
        parts = tuple(
            energy for covers, energy in found if isinstance(energy, Energy) and covers not in lost
        )
        return Reading(seconds=seconds, parts=parts, missing={**self._sources.missing, **lost})


class _CounterTally:
    """Adds up what a counter counted, over its beginning again at 0."""

    def __init__(self, source: Counter) -> None:
        self.source = source
        self._last_j: float | None = None
        self._sum_j = 0.0
        self._is_lost = False

    def read(self, now_s: float) -> None:
        value = self.source.read()
        if value is None:
            self._is_lost = True
            return
        if self._last_j is not None:
            added = value - self._last_j
            if added < 0:
                added += self.source.range_j or 0.0
            if added < 0:
                self._is_lost = True
                return
            self._sum_j += added
        self._last_j = value

    def energy(self, seconds: float) -> Energy | str:
        if self._is_lost:
            return f"{self.source.method} could not be read all the time"
        off = 2 * self.source.period_s / seconds if seconds else 1.0  # a period at either end
        if off >= 1 or not self._sum_j:
            return f"{self.source.method} did not move in {seconds:.3f} s: the span is too short"
        return Energy(
            joules=self._sum_j,
            low=self._sum_j * (1 - off),
            high=self._sum_j * (1 + off),
            seconds=seconds,
            covers=(self.source.covers,),
            method=self.source.method,
        )


class _GaugeTally:
    """Adds up watts over time; the range is that of the lowest and the highest seen."""

    def __init__(self, source: Gauge) -> None:
        self.source = source
        self._seen: list[float] = []
        self._sum_j = 0.0
        self._last_s = 0.0
        self._is_lost = False

    def read(self, now_s: float) -> None:
        watts = self.source.read()
        if watts is None:
            self._is_lost = True
            return
        if self._seen:
            self._sum_j += (now_s - self._last_s) * (watts + self._seen[-1]) / 2
        self._seen.append(watts)
        self._last_s = now_s

    def energy(self, seconds: float) -> Energy | str:
        if self._is_lost or not self._sum_j:
            return f"{self.source.method} could not be read all the time"
        return Energy(
            joules=self._sum_j,
            low=min(self._sum_j, min(self._seen) * seconds),
            high=max(self._sum_j, max(self._seen) * seconds),
            seconds=seconds,
            covers=(self.source.covers,),
            method=self.source.method,
        )


def _tally(source: Counter | Gauge) -> _CounterTally | _GaugeTally:
    return _CounterTally(source) if isinstance(source, Counter) else _GaugeTally(source)
