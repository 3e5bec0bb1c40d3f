"""How a side fares on a machine that it does not have to itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from workloads.limits import limited
from workloads.measures import Measure, Sample, one, waits
from workloads.sides import HearthSide, RawSide, Side, cores
from workloads.texts import Texts

HOG = "while True: pass"


def beside_hogs(count: int, *, num_tokens: int = 96) -> Measure:
    """Measure one answer's speed while some processes do nothing but take a core each."""

    def measure(side: Side, texts: Texts) -> Sample:
        with hogs(count):
            return adapted(side, texts, num_tokens)

    return measure


def with_less(share: float, *, num_tokens: int = 96) -> Measure:
    """Measure one answer's speed with so much of the time of all cores, as a container gets."""

    def measure(side: Side, texts: Texts) -> Sample:
        assert isinstance(side, HearthSide | RawSide)
        with limited(side.processes(), share * cores()):
            return adapted(side, texts, num_tokens)

    return measure


def adapted(side: Side, texts: Texts, num_tokens: int) -> Sample:
    """Return an answer's speed behind another one, in which what adapts had the time to."""
    one(side, texts.words(24), 48)
    answer = one(side, texts.words(24), num_tokens)
    return Sample(value=answer.tokens_per_s, counters=waits(answer))


@contextmanager
def hogs(count: int) -> Iterator[None]:
    """Let some processes take all of a core each."""
    started = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(count)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
