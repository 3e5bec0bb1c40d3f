"""What the arena promises, held against people whose preferences are known.

Figures to compare with: intervals of pairwise differences hold the truth in 93 to 98 % of cases;
with 8 contestants and 50 votes, the one that is ranked first is the best in 56 % with top-two
sampling and in 44 % with random pairs.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

from hearth.measure.arena.ratings import rate
from hearth.measure.arena.standings import DECIDED
from hearth.measure.arena.tallies import LOSS, WIN, Array, pairs_of
from hearth.measure.statistics.interval import normal_quantile
from support.voting import LOGITS_PER_ELO, Choose, at_random, by_top_two, strengths, vote

PEOPLE = 300


def coverage(truth: Array, counts: Array) -> float:
    """Return how often the 95 % interval of two strengths' difference holds the true one."""
    found, quantile = rate(counts, truth.shape[1]), normal_quantile(0.95)
    hits = []
    for first, second in pairs_of(truth.shape[1]):
        mean, deviation = found.difference(first, second)
        error = np.abs(mean - (truth[:, first] - truth[:, second]))
        hits.append(error <= quantile * deviation)
    return float(np.mean(hits))


@pytest.mark.parametrize(
    ("tie", "place"), [(-np.inf, 0.0), (math.log(0.5), 0.3), (0.0, -0.3)], ids=str
)
@pytest.mark.parametrize("seed", range(3))
def test_intervals_hold_the_truth_at_five_models_and_fifty_votes(
    tie: float, place: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    truth = strengths(random, PEOPLE, 5)
    counts = vote(random, truth, 50, tie=tie, place=place)
    assert 0.93 <= coverage(truth, counts) <= 0.98


def test_intervals_hold_the_truth_under_top_two_sampling() -> None:
    random = np.random.default_rng(11)
    truth = strengths(random, 60, 5)
    counts = vote(random, truth, 40, by_top_two)
    assert 0.92 <= coverage(truth, counts) <= 0.99


@pytest.mark.parametrize(("tie", "place"), [(-np.inf, 0.0), (math.log(0.5), 0.0), (0.0, 1.0)])
def test_equal_pairs_have_a_false_winner_in_less_than_five_percent(
    tie: float, place: float
) -> None:
    """Somebody looks after every one of 200 votes, and stops at the first winner."""
    random = np.random.default_rng(17)
    counts = np.zeros((2000, 1, 2, 3))
    stopped = np.zeros(2000, dtype=bool)
    for _ in range(200):
        counts += vote_once(random, counts, tie, place)
        stopped |= evidence(counts) >= DECIDED
    assert stopped.mean() < 0.05


def vote_once(random: np.random.Generator, counts: Array, tie: float, place: float) -> Array:
    """Let everybody vote once more on two equals, with the sides balanced as the arena does it."""
    met = counts[:, 0].sum(axis=2)
    coin = random.integers(2, size=len(counts))
    side = np.where(met[:, 0] == met[:, 1], coin, met[:, 0] > met[:, 1])
    lead = np.where(side == 0, place, -place)
    odds = np.stack([lead / 2, -lead / 2, np.full(len(counts), tie)], axis=1)
    edges = np.cumsum(special.softmax(odds, axis=1), axis=1)
    outcome = np.minimum((random.random((len(counts), 1)) > edges).sum(axis=1), 2)
    added = np.zeros_like(counts)
    added[np.arange(len(counts)), 0, side, outcome] = 1
    return added


def evidence(counts: Array) -> Array:
    """Return the e-values of many pairs; see `hearth.measure.statistics.e_value`."""
    wins, losses = counts[:, 0].sum(axis=1)[:, WIN], counts[:, 0].sum(axis=1)[:, LOSS]
    log = (wins + losses) * math.log(2) + special.betaln(wins + 1, losses + 1)
    return np.asarray(np.exp(log))


def found_best(
    choose: Choose, people: int, contestants: int, num_votes: int
) -> tuple[Array, Array]:
    """Return whether each person's first is the best, and by how much it falls short, in Elo."""
    random = np.random.default_rng(5)
    truth = strengths(random, people, contestants)
    first = rate(vote(random, truth, num_votes, choose), contestants).mean.argmax(axis=1)
    short = truth.max(axis=1) - truth[np.arange(people), first]
    return first == truth.argmax(axis=1), short / LOGITS_PER_ELO


def test_top_two_finds_the_best_more_often_than_random_pairs() -> None:
    plain, short = found_best(at_random, 50, 8, 40)
    top_two, shorter = found_best(by_top_two, 50, 8, 40)
    assert top_two.mean() > plain.mean()
    assert shorter.mean() < short.mean()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contestants", "num_votes", "people", "with_random", "with_top_two"),
    [(8, 50, 300, 0.44, 0.56), (8, 100, 300, 0.57, 0.68), (4, 50, 1200, 0.69, 0.76)],
)
def test_top_two_beats_random_pairs_by_the_known_margin(
    contestants: int, num_votes: int, people: int, with_random: float, with_top_two: float
) -> None:
    plain, _ = found_best(at_random, people, contestants, num_votes)
    top_two, _ = found_best(by_top_two, people, contestants, num_votes)
    gains = top_two.astype(float) - plain.astype(float)
    # The known figures come from 200 replications at least, and have their own noise.
    error = math.hypot(gains.std() / math.sqrt(people), math.sqrt(2 * 0.25 / 200))
    assert abs(gains.mean() - (with_top_two - with_random)) < 2 * error
    assert gains.mean() > 0
