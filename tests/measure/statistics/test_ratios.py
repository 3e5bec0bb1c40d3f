"""Paired ratios: the exact test beneath, verdicts that are rarely wrong, and what is missing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hearth.measure.statistics import Ratio, Verdict, paired_ratio
from hearth.measure.statistics.signed_rank import least_differences, signed_rank

positive = st.floats(min_value=1e-3, max_value=1e3)


@pytest.mark.parametrize("n", [3, 8, 12, 40])
def test_p_is_what_scipy_computes(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.3, 1, n)
    expected = stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank(differences, 0.95).p == pytest.approx(expected)


def test_many_differences_are_close_to_normal() -> None:
    differences = np.random.default_rng(7).normal(0.1, 1, 400)
    expected = stats.wilcoxon(differences, method="approx").pvalue
    assert signed_rank(differences, 0.95).p == pytest.approx(expected, rel=0.02)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=25), st.sampled_from([0.9, 0.95, 0.99]))
def test_interval_and_p_agree_even_with_ties(values: list[int], level: float) -> None:
    found = signed_rank(values, level)
    assert found.interval.low <= found.interval.value <= found.interval.high
    if found.is_enough:
        excludes = found.interval.low > 0 or found.interval.high < 0
        assert excludes == (found.p <= 1 - level)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99, 0.995])
def test_as_many_differences_as_needed_are_enough_and_one_less_is_not(level: float) -> None:
    least = least_differences(level)
    assert signed_rank(range(1, least + 1), level).is_enough
    assert not signed_rank(range(1, least), level).is_enough


def test_no_differences_and_infinite_ones_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        signed_rank([], 0.95)
    with pytest.raises(ValueError, match="finite"):
        signed_rank([math.inf], 0.95)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw = np.random.default_rng(11)
    held = []
    for _ in range(600):
        differences = 0.5 + draw.standard_t(2, 15)  # outliers included
        interval = signed_rank(differences, 0.9).interval
        held.append(interval.holds(0.5))
    assert np.mean(held) == pytest.approx(interval.level, abs=0.03)


def test_a_clear_difference_is_told_with_its_size() -> None:
    b = [100.0, 80.0, 120.0, 90.0, 110.0, 105.0, 95.0, 100.0, 99.0]
    found = paired_ratio([1.25 * each for each in b], b)
    assert found.verdict is Verdict.MORE
    assert (found.low, found.value, found.high) == pytest.approx((1.25, 1.25, 1.25))
    assert found.more_needed is None


def test_the_same_values_are_no_difference() -> None:
    found = paired_ratio([5.0] * 12, [5.0] * 12)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.p == 1.0


@settings(max_examples=50)
@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=20))
def test_turned_round_it_says_the_reverse(pairs: list[tuple[float, float]]) -> None:
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one, other = paired_ratio(a, b), paired_ratio(b, a).inverse
    assert (one.verdict, one.more_needed) == (other.verdict, other.more_needed)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_too_few_pairs_never_tell_and_say_what_is_missing() -> None:
    found = paired_ratio([2.0] * 4, [1.0] * 4)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.level < 0.99
    assert found.num_pairs + (found.more_needed or 0) == least_differences(0.99)


def test_what_is_said_to_be_missing_would_be_enough() -> None:
    draw = np.random.default_rng(13)

    def compare(n: int) -> Ratio:
        return paired_ratio(1.04 * draw.lognormal(0, 0.05, n), draw.lognormal(0, 0.05, n))

    total = round(np.median([10 + (compare(10).more_needed or 0) for _ in range(60)]))
    told = [compare(total).verdict is Verdict.MORE for _ in range(100)]
    assert np.mean(told) > 0.6


def test_values_that_are_not_positive_or_not_paired_are_refused() -> None:
    for a, b in (([1.0], [1.0, 2.0]), ([], []), ([0.0], [1.0])):
        with pytest.raises(ValueError, match="ratios need"):
            paired_ratio(a, b)
