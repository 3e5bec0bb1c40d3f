"""What a shared machine did to times that took turns, and what they are without it.

A neighbour takes a third of the speed for ten seconds, and gives it back. Kernels that are timed
again and again beside a model tell by how much everything was slower just then: each time of a
kernel is taken as what it usually takes, times what the machine did in that slice of the run. Both
are found in turn, until they agree. A model's time, divided by what the machine did before and
after it, is what it would have been on a machine that stands still.
"""

from __future__ import annotations

import bisect
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.engine.probe.messages import ModelReport, Timing

TRIMMED = 0.1  # of the repeats, at either end
ROUNDS = 5  # slices and kernels have long agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """Seconds as they would have been on a machine that stands still.

    Args:
        decode_s: Of a token, by answer.
        prompt_s: By prompt.
        references: Of each kernel; None where this build lacks it.
    """

    decode_s: list[float]
    prompt_s: list[float]
    references: list[float | None]


@dataclass(frozen=True, slots=True)
class _Time:
    kernel: int
    part: int
    seconds: float


def steady(report: ModelReport) -> Steady:
    """Return the times of a run without what the machine did meanwhile."""
    times = list(_times(report.references, report.turns))
    slowness = [1.0] * len(report.turns)
    usual: dict[int, float] = {}
    for _ in range(ROUNDS):
        usual = _usual(times, slowness)
        slowness = _slowness(times, usual, len(slowness))
    around = [statistics.fmean(slowness[max(0, i - 1) : i + 1]) for i in range(len(slowness))]
    answers = len(report.decode_s) // max(1, len(report.prompt_s))  # for each prompt
    reading = around[answers :: answers + 1]
    answering = [slow for i, slow in enumerate(around) if i % (answers + 1) != answers]
    return Steady(
        decode_s=[a / slow for a, slow in zip(report.decode_s, answering, strict=True)],
        prompt_s=[a / slow for a, slow in zip(report.prompt_s, reading, strict=True)],
        references=[usual.get(index) for index in range(len(report.references))],
    )


def _times(references: Sequence[Timing | None], turns: Sequence[int]) -> list[_Time]:
    """Return what each kernel took each time, with the slice of the run in which it did."""
    found = []
    for kernel, timing in enumerate(references):
        for repeat, seconds in enumerate(timing.seconds if timing else ()):
            turn = repeat * len(references) + kernel
            part = min(bisect.bisect_right(turns, turn), len(turns) - 1)
            found.append(_Time(kernel, part, seconds))
    return found


def _usual(times: Sequence[_Time], slowness: Sequence[float]) -> dict[int, float]:
    """Return what each kernel takes while the machine is as it is on average."""
    by_kernel: dict[int, list[float]] = {}
    for time in times:
        by_kernel.setdefault(time.kernel, []).append(time.seconds / slowness[time.part])
    return {kernel: trimmed(seconds) for kernel, seconds in by_kernel.items()}


def _slowness(times: Sequence[_Time], usual: dict[int, float], parts: int) -> list[float]:
    """Return by how much longer than usual the kernels of each slice took together."""
    taken, expected = [0.0] * parts, [0.0] * parts
    for time in times:
        taken[time.part] += time.seconds
        expected[time.part] += usual[time.kernel]
    return [a / b if b else 1.0 for a, b in zip(taken, expected, strict=True)]


def trimmed(seconds: Sequence[float]) -> float:
    """Return the mean without the extremes, in which the machine stood still."""
    cut = int(TRIMMED * len(seconds))
    return statistics.fmean(sorted(seconds)[cut : len(seconds) - cut])
