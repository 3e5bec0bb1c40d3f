"""Times without what a machine did meanwhile: from made-up runs whose true times are known."""

from __future__ import annotations

import random
import statistics

import pytest

from drift import steady
from hearth.engine.probe.messages import ModelReport, Timing

KERNELS = (1e-3, 4e-3, 2e-3)
ANSWER_S, PROMPT_S = 0.02, 0.3
ANSWERS, ROUNDS = 3, 8


def run(slowness: list[float], noise: float = 0.0, seed: int = 0) -> ModelReport:
    """Return what a run reports on a machine that is so slow in each of its slices."""
    rng = random.Random(seed)
    repeats: list[list[float]] = [[] for _ in KERNELS]
    report, turn = ModelReport(), 0
    for part, slow in enumerate(slowness):
        is_prompt = part % (ANSWERS + 1) == ANSWERS
        # What is timed meets the machine as it is between this slice and the one before it.
        passing = (slowness[max(0, part - 1)] + slow) / 2 * rng.lognormvariate(0, noise)
        (report.prompt_s if is_prompt else report.decode_s).append(
            passing * (PROMPT_S if is_prompt else ANSWER_S)
        )
        for _ in range(20):
            kernel = turn % len(KERNELS)
            repeats[kernel].append(KERNELS[kernel] * slow * rng.lognormvariate(0, noise))
            turn += 1
        report.turns.append(turn)
    kept = [Timing(seconds=seconds, shares=[], count=1, work_bytes=1) for seconds in repeats]
    report.references.extend(kept)
    return report


def proportions(report: ModelReport) -> list[float]:
    """Return the times of answers and prompts in proportion to those of the kernels."""
    found = steady(report)
    kernels = sum(seconds or 0.0 for seconds in found.references)
    return [
        statistics.median(found.decode_s) / kernels,
        statistics.median(found.prompt_s) / kernels,
    ]


TRUE = [ANSWER_S / sum(KERNELS), PROMPT_S / sum(KERNELS)]


def test_a_machine_that_stands_still_leaves_times_as_they_are() -> None:
    found = steady(run([1.0] * 4 * ROUNDS))
    assert found.references == pytest.approx(KERNELS)
    assert found.decode_s == pytest.approx([ANSWER_S] * ANSWERS * ROUNDS)
    assert found.prompt_s == pytest.approx([PROMPT_S] * ROUNDS)


def test_a_neighbour_that_comes_for_a_while_counts_for_neither_side() -> None:
    slowness = [1.0] * 14 + [1.7] * 8 + [1.0] * 10
    assert proportions(run(slowness)) == pytest.approx(TRUE, rel=1e-3)


def test_a_neighbour_in_most_answers_but_few_prompts_does_not_bend_their_proportion() -> None:
    slowness = [1.6, 1.6, 1.6, 1.0] * ROUNDS
    report = run(slowness, noise=0.05, seed=3)
    raw = statistics.median(report.decode_s) / ANSWER_S
    assert raw > 1.25  # what is wrong without looking at the kernels
    assert proportions(report) == pytest.approx(TRUE, rel=0.06)


def test_noise_alone_is_no_drift() -> None:
    for seed in range(5):
        found = proportions(run([1.0] * 4 * ROUNDS, noise=0.05, seed=seed))
        assert found == pytest.approx(TRUE, rel=0.08)


def test_a_kernel_that_this_build_lacks_has_its_turn_and_no_time() -> None:
    report = run([1.0] * 4 * ROUNDS)
    found = steady(
        ModelReport(
            decode_s=report.decode_s,
            prompt_s=report.prompt_s,
            references=[None, *report.references[1:]],
            turns=report.turns,
        )
    )
    assert found.references == [None, pytest.approx(KERNELS[1]), pytest.approx(KERNELS[2])]
