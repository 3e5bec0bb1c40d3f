"""People who vote as the model of the arena says, many at once: what the arena makes of them.

All arrays have one row for each simulated person.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from hearth.measure.arena.choosing import NUM_DRAWS, top_two
from hearth.measure.arena.ratings import rate
from hearth.measure.arena.tallies import Array, Indexes, pairs_of

LOGITS_PER_ELO = np.log(10) / 400
USUAL_SPREAD = 104 * LOGITS_PER_ELO  # of true strengths

Choose = Callable[[np.random.Generator, Array, int], Indexes]
"""Chooses a row of `pairs_of` for each person, given the counts and the number of contestants."""


def strengths(random: np.random.Generator, people: int, contestants: int) -> Array:
    """Draw what is to be found out.  # (people, contestants)."""
    return random.normal(0, USUAL_SPREAD, (people, contestants))


def at_random(random: np.random.Generator, counts: Array, num_contestants: int) -> Indexes:
    """Choose any pair."""
    return random.integers(counts.shape[1], size=counts.shape[0])


def by_top_two(random: np.random.Generator, counts: Array, num_contestants: int) -> Indexes:
    """Choose as the arena does."""
    rows = {tuple(pair): row for row, pair in enumerate(pairs_of(num_contestants).tolist())}
    draws = rate(counts, num_contestants).draws(random, NUM_DRAWS)
    return np.array([rows[tuple(sorted(top_two(each)))] for each in draws])


def vote(
    random: np.random.Generator,
    truth: Array,
    num_votes: int,
    choose: Choose = at_random,
    *,
    tie: float = -np.inf,
    place: float = 0.0,
) -> Array:
    """Let each person vote.

    Args:
        random: Draws.
        truth: Strengths.  # (people, contestants)
        num_votes: Of each person.
        choose: Who meets whom.
        tie: The model's tie term; by default nobody ever says that both are equally good.
        place: How much the left side is preferred, in logits.

    Returns:
        Counts as `tallies.counts_of` makes them.  # (people, num_pairs, 2, 3)
    """
    people, num_contestants = truth.shape
    pairs, every = pairs_of(num_contestants), np.arange(people)
    counts = np.zeros((people, len(pairs), 2, 3))
    for _ in range(num_votes):
        row = choose(random, counts, num_contestants)
        first, second = pairs[row].T
        met = counts[every, row].sum(axis=2)  # (people, 2 sides)
        side = np.where(
            met[:, 0] == met[:, 1], random.integers(2, size=people), met[:, 0] > met[:, 1]
        )
        lead = truth[every, first] - truth[every, second] + np.where(side == 0, place, -place)
        odds = np.stack([lead / 2, -lead / 2, np.full(people, tie)], axis=1)
        chances = special.softmax(odds, axis=1)
        outcome = (random.random((people, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
        counts[every, row, side, np.minimum(outcome, 2)] += 1
    return counts
