"""Ratings: finite on every set of votes, fair to every order, and no vote for A lowers A."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hearth.measure.arena.climbing import PLACE_SD, STRENGTH_SD
from hearth.measure.arena.ratings import rate
from hearth.measure.arena.tallies import LOSS, ON_LEFT, TIE, WIN, Array, counts_of, pairs_of
from hearth.store.voted import Outcome
from support.votes import A, B, C, D, vote, votes

KEYS = [each.key for each in (A, B, C, D)]
ROUNDING = 1e-7


def vote_sets(num_contestants: int) -> st.SearchStrategy[Array]:
    """Any counts: few, many, none, lopsided."""
    numbers = st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 10_000))
    shape = (len(pairs_of(num_contestants)), 2, 3)
    return arrays(np.float64, shape, elements=numbers.map(float))


def no_votes(num_contestants: int = 4) -> Array:
    return np.zeros((len(pairs_of(num_contestants)), 2, 3))


def extreme_sets() -> dict[str, Array]:
    one, ties, apart, many, streak = (no_votes() for _ in range(5))
    one[0, ON_LEFT, WIN] = 1
    ties[..., TIE] = 50
    apart[0, 0, WIN] = apart[-1, 1, LOSS] = 7  # A met B, C met D, and nobody else met
    many[...] = 10_000 / many.size
    streak[0, ON_LEFT, WIN] = 10_000
    return {"none": no_votes(), "one": one, "ties": ties, "apart": apart, "10,000": many} | {
        "10,000 for one": streak
    }


@pytest.mark.parametrize("name", extreme_sets())
def test_every_set_of_votes_has_finite_ratings(name: str) -> None:
    found = rate(extreme_sets()[name], 4)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.covariance).all()
    assert (np.linalg.eigvalsh(found.covariance) > 0).all()
    assert np.abs(found.mean).max() < 10


@given(counts=vote_sets(4))
@settings(deadline=None, max_examples=25)
def test_any_set_of_votes_has_finite_ratings(counts: Array) -> None:
    found = rate(counts, 4)
    assert np.isfinite(found.mean).all()
    assert (np.linalg.eigvalsh(found.covariance) > 0).all()


@given(
    counts=vote_sets(4),
    row=st.integers(0, 5),
    side=st.integers(0, 1),
    outcome=st.sampled_from([WIN, LOSS]),
)
@settings(deadline=None, max_examples=50)
def test_a_vote_for_one_lowers_it_against_nobody(
    counts: Array, row: int, side: int, outcome: int
) -> None:
    more = counts.copy()
    more[row, side, outcome] += 1
    before, after = (rate(each, 4).mean for each in (counts, more))
    first, second = pairs_of(4)[row]
    winner, loser = (first, second) if outcome == WIN else (second, first)
    gained = after - before
    assert gained[winner] >= -ROUNDING
    assert gained[loser] <= ROUNDING
    assert (gained[winner] - gained >= -ROUNDING).all()
    assert (gained - gained[loser] >= -ROUNDING).all()


def test_sides_and_ties_that_terms_of_all_pairs_would_misread() -> None:
    """With one place term for all pairs, this vote for A would raise the left side, and lower A."""
    counts = no_votes(3)
    counts[1, ON_LEFT, [WIN, LOSS]] = 40  # A on the left of C
    counts[0, 1, [WIN, LOSS]] = 400  # A on the right of B
    more = counts.copy()
    more[0, ON_LEFT, WIN] += 1
    assert rate(more, 3).mean[0] > rate(counts, 3).mean[0]


def test_the_order_of_votes_makes_no_difference() -> None:
    given_votes = votes(A, B, won=5, lost=2, tied=1) + votes(B, C, won=3) + votes(C, A, lost=4)
    shuffled = np.random.default_rng(3).permutation(len(given_votes))
    one = counts_of(given_votes, KEYS)
    other = counts_of([given_votes[index] for index in shuffled], KEYS)
    assert (one == other).all()


def test_the_names_of_contestants_make_no_difference() -> None:
    given_votes = votes(A, B, won=5, lost=2) + votes(B, C, won=3, tied=2)
    forward = rate(counts_of(given_votes, KEYS), 4).mean
    backward = rate(counts_of(given_votes, KEYS[::-1]), 4).mean
    assert forward == pytest.approx(backward[::-1], abs=1e-9)


def test_without_votes_the_prior_is_what_is_known() -> None:
    found = rate(no_votes(), 4)
    assert found.mean == pytest.approx(0)
    assert found.covariance == pytest.approx(np.eye(4) * STRENGTH_SD**2)


def test_two_contestants_agree_with_a_grid() -> None:
    """The top is compared with the largest of all points of a fine grid, with no ties seen."""
    counts = no_votes(2)
    counts[0, :, WIN], counts[0, :, LOSS] = 9, 3
    found = rate(counts, 2)
    half = np.linspace(-2, 2, 401)[:, np.newaxis]  # strengths are opposite by symmetry
    tie = np.linspace(-8, 1, 901)
    chances = np.exp(np.array([half, -half])[..., np.newaxis, :])
    total = chances.sum(axis=0).reshape(401, 1) + np.exp(tie)
    height = 12 * half - 24 * np.log(total) - half**2 - (tie - np.log(0.5)) ** 2 / 2
    best = np.unravel_index(np.argmax(height), height.shape)[0]
    assert found.mean[0] == pytest.approx(half[best, 0], abs=0.01)
    assert found.mean[1] == pytest.approx(-half[best, 0], abs=0.01)


def test_who_stands_on_the_better_side_gains_nothing_by_it() -> None:
    counts = no_votes(2)
    counts[0, 0, WIN] = counts[0, 1, LOSS] = 30  # whoever stood on the left
    assert rate(counts, 2).mean == pytest.approx(0, abs=1e-9)
    one_sided = no_votes(2)
    one_sided[0, 0, WIN] = 30
    plain = no_votes(2)
    plain[0, :, WIN] = 15
    gap = (rate(each, 2).difference(0, 1)[0] for each in (one_sided, plain))
    assert next(gap) < next(gap), "the side is part of what explains a one-sided streak"
    assert PLACE_SD > 0


def test_ties_bring_two_contestants_together() -> None:
    few, many = no_votes(2), no_votes(2)
    few[0, :, WIN] = many[0, :, WIN] = 3
    many[0, :, TIE] = 40
    before, after = rate(few, 2), rate(many, 2)
    assert abs(after.difference(0, 1)[0]) < abs(before.difference(0, 1)[0])
    assert after.difference(0, 1)[1] < before.difference(0, 1)[1]


def test_repeats_and_both_bad_count_for_nobody() -> None:
    counted = [vote(A, B, Outcome.LEFT, number=1)]
    others = [
        vote(B, A, Outcome.LEFT, number=2, repeats=1),
        vote(A, B, Outcome.BOTH_BAD, number=3),
    ]
    assert (counts_of(counted + others, KEYS) == counts_of(counted, KEYS)).all()


def test_many_sets_at_once_are_rated_as_each_by_itself() -> None:
    random = np.random.default_rng(7)
    sets = np.floor(random.exponential(2.0, (5, 6, 2, 3)))
    together = rate(sets, 4)
    for index, one in enumerate(sets):
        assert together.mean[index] == pytest.approx(rate(one, 4).mean, abs=1e-7)
        assert together.covariance[index] == pytest.approx(rate(one, 4).covariance, abs=1e-7)
