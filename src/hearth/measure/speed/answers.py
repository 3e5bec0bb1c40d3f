"""The figures of a series of answers: to the first token, between pieces, tokens per second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hearth.measure.speed.findings import Findings, figure_of
from hearth.measure.speed.target import TimedAnswer
from hearth.measure.statistics import Interval, bootstrap, median_interval

FIRST_TOKEN = "time to first token"
PROMPT = "prompt"
DECODE = "decode"
LENGTH = "answer length"
GAP_PERCENTILES = (50, 90, 99)
NUM_RESAMPLES = 500  # each takes a percentile of all gaps again

Array = npt.NDArray[np.float64]


def add_alone(findings: Findings, series: str, answers: Sequence[TimedAnswer], seed: int) -> None:
    """Take in the figures of answers that were given one after the other."""
    firsts = [answer.first_token_s for answer in answers]
    _add_median(findings, f"{series}: {FIRST_TOKEN}", firsts, "s", "worse")
    prompts = [answer.prompt_tokens_per_s for answer in answers]
    _add_median(findings, f"{series}: {PROMPT}", prompts, "tokens/s", "better")
    decodes = [answer.decode_tokens_per_s for answer in answers]
    _add_median(findings, f"{series}: {DECODE}", decodes, "tokens/s", "better")
    add_gaps(findings, series, answers, seed)
    lengths = [float(answer.completion_tokens) for answer in answers]
    _add_median(findings, f"{series}: {LENGTH}", lengths, "tokens", "")


def add_gaps(findings: Findings, series: str, answers: Sequence[TimedAnswer], seed: int) -> None:
    """Take in percentiles of the time between pieces, over all answers of a series.

    Gaps within an answer are alike, so that whole answers are drawn for the interval.
    """
    gaps = [np.asarray(answer.gaps_s) for answer in answers if answer.gaps_s]
    for percent in GAP_PERCENTILES if gaps else ():
        interval = _gap_interval(gaps, percent, seed)
        what = f"all gaps of {len(gaps)} answers"
        findings.add(f"{series}: gap p{percent}", figure_of(interval, "s", what, "worse"))


def _gap_interval(gaps: Sequence[Array], percent: int, seed: int) -> Interval:
    def percentiles(samples: Array) -> Array:
        drawn = (np.concatenate([gaps[int(index)] for index in row]) for row in samples)
        return np.asarray([np.percentile(each, percent) for each in drawn])

    return bootstrap(range(len(gaps)), percentiles, seed=seed, num_resamples=NUM_RESAMPLES)


def _add_median(
    findings: Findings, name: str, values: Sequence[float | None], unit: str, higher_is: str
) -> None:
    known = [value for value in values if value is not None]
    if known:
        interval = median_interval(known)
        figure = figure_of(interval, unit, f"median of {len(known)} runs", higher_is)
        findings.add(name, figure, known)
