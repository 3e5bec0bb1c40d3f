"""Intervals: what they are for figures that books give, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hearth.measure.statistics import (
    bootstrap,
    bootstrap_ratio,
    mean_interval,
    median_interval,
    wilson,
)

LEVELS = (0.8, 0.95, 0.99)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 10), (8, 10), (50, 817)])
def test_wilson_is_what_scipy_computes(successes: int, n: int, level: float) -> None:
    expected = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    found = wilson(successes, n, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.value == successes / n
    assert found.holds(found.value)


def test_no_trials_tell_nothing() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 4)])
def test_more_successes_than_trials_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, n)


def test_the_mean_is_what_scipy_computes() -> None:
    values = [3.0, 5.0, 4.0, 8.0, 6.5]
    expected = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx(expected)


@pytest.mark.parametrize("interval", [mean_interval, median_interval])
def test_one_value_is_one_run(interval) -> None:
    found = interval([7.0])
    assert (found.value, found.low, found.high, found.level) == (7.0, 7.0, 7.0, 0.0)
    with pytest.raises(ValueError, match="at least one"):
        interval([])


@pytest.mark.parametrize(
    ("n", "low", "high", "level"), [(2, 0, 1, 0.5), (5, 0, 4, 0.9375), (6, 0, 5, 0.96875)]
)
def test_few_values_have_the_level_that_they_have(n, low, high, level) -> None:
    found = median_interval(range(n))
    assert (found.low, found.high, found.level) == (low, high, level)


def test_many_values_have_the_level_that_was_asked_for() -> None:
    found = median_interval(range(20))
    assert (found.low, found.high) == (5, 14)
    assert 0.95 <= found.level < 0.96


def test_medians_hold_the_truth_as_often_as_they_say() -> None:
    draw = np.random.default_rng(1)
    found = [median_interval(draw.lognormal(size=9)) for _ in range(2000)]
    assert np.mean([each.holds(1.0) for each in found]) == pytest.approx(found[0].level, abs=0.015)


def test_a_bootstrap_agrees_with_the_textbook_on_means() -> None:
    values = np.random.default_rng(2).normal(10, 2, 200)
    found = bootstrap(values, lambda sample: sample.mean(axis=1), seed=3)
    expected = stats.norm.interval(0.95, values.mean(), stats.sem(values))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(expected, abs=0.03)


def test_a_seed_gives_the_same_interval_again() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    one, again, other = (
        bootstrap(values, lambda sample: sample.mean(axis=1), seed=seed, num_resamples=200)
        for seed in (5, 5, 6)
    )
    assert one == again
    assert one != other


def test_one_item_is_one_run() -> None:
    found = bootstrap([3.0], lambda sample: sample.mean(axis=1), seed=0)
    assert (found.value, found.low, found.high, found.level) == (3.0, 3.0, 3.0, 0.0)


def test_rows_are_drawn_together() -> None:
    pairs = [(each, 2 * each) for each in (1.0, 5.0, 9.0, 20.0)]
    found = bootstrap(
        pairs, lambda sample: sample[..., 1].sum(axis=1) / sample[..., 0].sum(axis=1), seed=0
    )
    assert (found.low, found.value, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_a_ratio_of_groups_holds_the_truth() -> None:
    draw = np.random.default_rng(4)
    held = [
        bootstrap_ratio(
            1.2 * draw.lognormal(0, 0.1, 25), draw.lognormal(0, 0.1, 40), seed=0, num_resamples=400
        ).holds(1.2)
        for _ in range(300)
    ]
    assert np.mean(held) > 0.9
    with pytest.raises(ValueError, match="positive"):
        bootstrap_ratio([1.0], [0.0], seed=0)
