"""One answer after the other for minutes: whether the machine keeps its speed as it gets warm.

The first minute is compared with what comes after it. A machine that must slow down shows it by
its speed alone, whatever its sensors tell.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

from hearth.measure.evidence import measured
from hearth.measure.speed.findings import Findings, figure_of
from hearth.measure.speed.plan import SpeedPlan
from hearth.measure.speed.prompts import Prompts
from hearth.measure.speed.target import Request, Target
from hearth.measure.statistics import bootstrap_ratio, median_interval

FIRST_S = 60.0
LEAST_S = 90.0  # shorter runs tell nothing of what comes after the first minute
WINDOW_S = 10.0
SLOWER = 0.95  # of the first minute's speed, from which on a loss is more than a whim
PROMPT_TOKENS = 32

FIRST_MINUTE = "first minute: decode"
STEADY = "steady state: decode"
KEPT = "steady state over first minute"


async def measure_sustained(
    target: Target,
    plan: SpeedPlan,
    prompts: Prompts,
    findings: Findings,
    tell: Callable[[str], None],
) -> None:
    """Ask for answers for so long, and compare the first minute with the rest."""
    began_s = time.perf_counter()
    times_s: list[float] = []
    speeds: list[float] = []
    told_s = -WINDOW_S
    while (sent_s := time.perf_counter() - began_s) < plan.sustained_s or not speeds:
        if sent_s - told_s >= WINDOW_S:
            told_s = sent_s
            tell(f"sustained: {sent_s:.0f} of {plan.sustained_s:.0f} s")
        prompt = prompts.text(PROMPT_TOKENS)
        answer = await target.answer(Request(prompt=prompt, max_tokens=plan.answer_tokens))
        findings.add_answer("sustained", sent_s, answer)
        if answer.decode_tokens_per_s is not None:
            times_s.append(sent_s + answer.total_s)
            speeds.append(answer.decode_tokens_per_s)
    add_sustained(findings, times_s, speeds, plan.seed)


def add_sustained(
    findings: Findings, times_s: Sequence[float], speeds: Sequence[float], seed: int
) -> None:
    """Take in the speeds of answers that followed each other.

    Args:
        findings: Take the figures.
        times_s: When each answer ended, since the first was asked for.
        speeds: Of each, in tokens per second.
        seed: Of the intervals.
    """
    windows = windowed(times_s, speeds)
    first = [speed for begin_s, speed in windows.items() if begin_s < FIRST_S]
    steady = [speed for begin_s, speed in windows.items() if begin_s >= FIRST_S]
    if first:
        _add(findings, FIRST_MINUTE, first)
    findings.repeats["sustained: when each answer ended"] = measured(times_s)
    findings.repeats["sustained: decode"] = measured(speeds)
    if times_s[-1] < LEAST_S or not first or len(steady) < 2:
        findings.note(
            f"{times_s[-1]:.0f} s are too short to tell a steady state: --sustained 180 does."
        )
        return
    _add(findings, STEADY, steady)
    kept = bootstrap_ratio(steady, first, seed=seed)
    what = f"medians of {len(first)} and {len(steady)} windows of {WINDOW_S:g} s"
    findings.add(KEPT, figure_of(kept, "", what, "better"))
    if kept.high < 1 and kept.value < SLOWER:
        findings.note(
            f"It slowed down to {kept.value:.0%} of the first minute's speed: the machine, or what "
            "else runs on it, does not let it keep that up."
        )


def windowed(times_s: Sequence[float], speeds: Sequence[float]) -> dict[float, float]:
    """Return the median speed of each window in which an answer ended, by the window's begin."""
    found: dict[float, list[float]] = {}
    for time_s, speed in zip(times_s, speeds, strict=True):
        found.setdefault(time_s // WINDOW_S * WINDOW_S, []).append(speed)
    return {begin_s: statistics.median(found[begin_s]) for begin_s in sorted(found)}


def _add(findings: Findings, name: str, windows: Sequence[float]) -> None:
    interval = median_interval(windows)
    what = f"median of {len(windows)} windows"
    findings.add(name, figure_of(interval, "tokens/s", what, "better"), windows)
