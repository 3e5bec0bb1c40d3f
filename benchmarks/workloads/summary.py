"""From the blocks of a row to its median, its interval and a verdict."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hearth.measure.statistics import Interval, bootstrap
from workloads.cases import SPEED, Case, Workload
from workloads.measures import Sample
from workloads.pairing import Block

SEED = 20_261_122
KEPT, MISSED, OPEN, NONE = "yes", "no", "cannot tell", ""
ALLOWED_PART = 0.9  # of what the measured steps allow, that filling up has to reach
LEAST = 0.98  # where they allow nothing, it may cost no more than this


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a page says of a case.

    Args:
        num_counted: Blocks that counted; `num_left_out` did not, for the machine was busy.
        subject: Median of its samples; `baseline` likewise, None without one.
        ratio: How many times better the subject is: the median of blocks; None without a baseline.
        best_ratio: The same of the best samples of each side: the estimate without disturbances.
        value: Median of the subject with its interval.
        counters: Medians of the subject's counters, and of the baseline's.
        target: What it was to reach, as words; none if there is nothing.
        verdict: Whether it did, as far as the interval says so.
    """

    workload: Workload
    case: Case
    num_counted: int
    num_left_out: int
    subject: float
    baseline: float | None
    ratio: Interval | None
    best_ratio: float | None
    value: Interval
    counters: dict[str, float]
    baseline_counters: dict[str, float]
    target: str
    verdict: str


def summarize(workload: Workload, case: Case, blocks: Sequence[Block]) -> Row | None:
    """Return the row of a case; None where no block counts.

    Args:
        workload: Whose case it is.
        case: What was measured.
        blocks: Of its row.
    """
    counted = [block for block in blocks if block.counts]
    if not counted:
        return None
    subject = [sample for block in counted for sample in block.subject]
    baseline = [sample for block in counted for sample in block.baseline]
    ratio = _median([block.ratio(case.unit) for block in counted]) if baseline else None
    value = _median([_center(block.subject) for block in counted])
    counters = _medians(subject)
    return Row(
        workload=workload,
        case=case,
        num_counted=len(counted),
        num_left_out=len(blocks) - len(counted),
        subject=statistics.median(sample.value for sample in subject),
        baseline=statistics.median(sample.value for sample in baseline) if baseline else None,
        ratio=ratio,
        best_ratio=_best(subject, baseline, case.unit) if baseline else None,
        value=value,
        counters=counters,
        baseline_counters=_medians(baseline),
        target="; ".join(_targets(case)),
        verdict=_verdict(case, ratio, counters),
    )


def against_steps(rows: Sequence[Row]) -> list[Row]:
    """Set the target of each row that has others of its kind: what their measured steps allow.

    Args:
        rows: Of one workload.
    """
    step_s = {
        row.case.streams: row.baseline_counters["step_s"]
        for row in rows
        if row.case.streams and row.baseline is not None
    }
    return [_against_steps(row, step_s) if row.case.streams in step_s else row for row in rows]


def _against_steps(row: Row, step_s: dict[int, float]) -> Row:
    assert row.case.streams is not None
    assert row.ratio is not None
    gain = allowed_gain(step_s, row.case.streams)
    least = max(LEAST, ALLOWED_PART * gain)
    target = f">= {least:.3g} times; its steps allow {gain:.3g}"
    return replace(row, target=target, verdict=_reaches(row.ratio, least))


def allowed_gain(step_s: dict[int, float], count: int) -> float:
    """Return how much faster a number of streams could be by computing a larger, cheaper step.

    Args:
        step_s: Seconds of a step without filling up, by its number of rows.
        count: The number of streams.
    """
    larger = [seconds for rows, seconds in step_s.items() if rows >= count]
    return step_s[count] / min(larger)


def _targets(case: Case) -> Iterable[str]:
    if case.target is not None:
        yield f">= {case.target:g} times"
    if case.counter is not None:
        name, most = case.counter
        yield f"{name.replace('_', ' ')} <= {most:g}"


def _verdict(case: Case, ratio: Interval | None, counters: dict[str, float]) -> str:
    found = []
    if case.target is not None and ratio is not None:
        found.append(_reaches(ratio, case.target))
    if case.counter is not None:
        name, most = case.counter
        found.append(KEPT if counters[name] <= most else MISSED)
    return next((verdict for verdict in (MISSED, OPEN, KEPT) if verdict in found), NONE)


def _reaches(ratio: Interval, target: float) -> str:
    if ratio.low >= target:
        return KEPT
    return MISSED if ratio.high < target else OPEN


def _median(values: Sequence[float]) -> Interval:
    return bootstrap(values, lambda samples: np.median(samples, axis=1), seed=SEED)


def _center(samples: Sequence[Sample]) -> float:
    return statistics.fmean(sample.value for sample in samples)


def _best(subject: Sequence[Sample], baseline: Sequence[Sample], unit: str) -> float:
    ours, theirs = ([sample.value for sample in side] for side in (subject, baseline))
    return max(ours) / max(theirs) if unit == SPEED else min(theirs) / min(ours)


def _medians(samples: Sequence[Sample]) -> dict[str, float]:
    names = samples[0].counters if samples else {}
    return {
        name: statistics.median(sample.counters.get(name, 0.0) for sample in samples)
        for name in names
    }
