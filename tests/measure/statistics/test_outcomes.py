"""Right and wrong on the same questions, and votes that may be looked at after each one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hearth.measure.statistics import Verdict, e_value, mcnemar


def answers(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[bool], list[bool]]:
    a = [True] * (both + only_a) + [False] * (only_b + neither)
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return a, b


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 0), (8, 2), (30, 10), (5, 25)])
def test_p_is_that_of_an_exact_test_of_signs(only_a: int, only_b: int) -> None:
    found = mcnemar(*answers(40, only_a, only_b, 3))
    assert (found.both, found.only_a, found.only_b, found.neither) == (40, only_a, only_b, 3)
    differing = only_a + only_b
    expected = stats.binomtest(only_a, differing).pvalue if differing else 1.0
    assert found.p == pytest.approx(expected)


def test_a_difference_is_told_with_its_direction() -> None:
    assert mcnemar(*answers(40, 30, 10, 3)).verdict is Verdict.MORE
    assert mcnemar(*answers(40, 10, 30, 3)).verdict is Verdict.LESS
    close = mcnemar(*answers(40, 8, 6, 3))
    assert close.verdict is Verdict.CANNOT_TELL
    assert close.more_needed is not None
    assert close.difference.holds(0.0)


def test_no_difference_needs_no_number_of_questions() -> None:
    assert mcnemar(*answers(10, 2, 2, 0)).more_needed is None


def test_intervals_of_the_difference_hold_the_truth() -> None:
    draw = np.random.default_rng(3)
    held = []
    for _ in range(800):
        kind = draw.choice(4, size=120, p=[0.6, 0.2, 0.1, 0.1])
        found = mcnemar(((kind == 0) | (kind == 1)).tolist(), ((kind == 0) | (kind == 2)).tolist())
        held.append(found.difference.holds(0.1))
    assert 0.93 <= np.mean(held) <= 0.975


def test_other_questions_are_refused() -> None:
    for a, b in (([True], []), ([], [])):
        with pytest.raises(ValueError, match="same questions"):
            mcnemar(a, b)


def test_an_e_value_is_what_a_stake_has_become() -> None:
    assert e_value(0, 0) == pytest.approx(1.0)
    # All wins: the mean of (2p)^10 over all p.
    assert e_value(10, 0) == pytest.approx(2**10 / 11)
    assert e_value(7, 3) == pytest.approx(e_value(3, 7))
    assert e_value(5000, 0) == math.inf


def test_peeking_after_each_vote_rarely_names_a_false_winner() -> None:
    draw = np.random.default_rng(0)
    named = 0
    for _ in range(400):
        wins = np.cumsum(draw.random(200) < 0.5)
        named += any(e_value(w, n - w) >= 20 for n, w in enumerate(wins.tolist(), start=1))
    assert named / 400 <= 0.05
