"""From votes to the board: who stands where, with intervals and labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import special

from hearth.measure.arena.board import LEVEL, Board, Duel, Label, Standing
from hearth.measure.arena.ratings import Posterior, rate
from hearth.measure.arena.tallies import (
    LOSS,
    TIE,
    WIN,
    Array,
    counts_of,
    is_counted,
    pairs_of,
)
from hearth.measure.arena.voters import agreements_with_judges, length_effect, self_agreement
from hearth.measure.statistics import Interval, e_value, wilson
from hearth.measure.statistics.interval import normal_quantile
from hearth.store.voted import Contestant, Outcome, Suggestion, Vote

NUM_DRAWS = 4000
ANCHOR_RATING = 1000.0
ELO_PER_LOGIT = 400 / math.log(10)

LEAST_VOTES = 8  # of two contestants directly; fewer are too early to speak of
LEANING, LIKELY = 0.90, 0.97
DECIDED = 20.0  # an e-value; wrong for at most one in twenty equal pairs
MOST_EVIDENCE = 1e300  # what a larger e-value is given as, so that it stays a number


def make_board(
    contestants: Sequence[Contestant],
    votes: Sequence[Vote],
    *,
    suggestions: Iterable[Suggestion] = (),
    anchor: str | None = None,
) -> Board:
    """Return what votes say of some contestants.

    Args:
        contestants: At least two.
        votes: Between two of them each, in any order.
        suggestions: Of judges.
        anchor: Key of the contestant whose rating is 1000; default: the first.
    """
    keys = [contestant.key for contestant in contestants]
    counts = counts_of(votes, keys)
    posterior = rate(counts, len(keys))
    place = keys.index(anchor) if anchor in keys else 0
    strengths = dict(zip(keys, posterior.mean.tolist(), strict=True))
    counted = [vote for vote in votes if is_counted(vote)]
    decided = [vote for vote in counted if vote.outcome is not Outcome.TIE]
    left_won = sum(vote.outcome is Outcome.LEFT for vote in decided)
    return Board(
        standings=_standings(contestants, posterior, counts, votes, place),
        duels=_duels(keys, posterior, counts),
        anchor=keys[place],
        position=wilson(left_won, len(decided), LEVEL),
        tie_share=wilson(len(counted) - len(decided), len(counted), LEVEL),
        num_votes=len(counted),
        num_ties=len(counted) - len(decided),
        num_both_bad=sum(_is_both_bad(vote) for vote in votes),
        num_repeats=sum(vote.repeats is not None for vote in votes),
        self_agreement=self_agreement(votes),
        length=length_effect(decided, strengths),
        judges=agreements_with_judges(votes, suggestions),
        last_vote=max((vote.id for vote in votes), default=0),
    )


def win_intervals(posterior: Posterior) -> list[Interval]:
    """Return each one's mean probability of winning against the others, with its interval."""
    shares, drawn = _win_shares(posterior.mean), _win_shares(_draws(posterior))
    return [_between(float(share), drawn[:, index]) for index, share in enumerate(shares)]


def label_of(p_better: float, num_votes: int, num_ahead: int, evidence: float) -> Label:
    """Return how much may be said of two contestants.

    Args:
        p_better: Probability that the one is better.
        num_votes: Direct votes on the two.
        num_ahead: Its wins over the other one minus its losses.
        evidence: The e-value of wins and losses.
    """
    if evidence >= DECIDED and num_ahead > 0:
        return Label.DECIDED
    if num_votes < LEAST_VOTES or p_better < LEANING:
        return Label.TOO_EARLY
    return Label.LIKELY if p_better >= LIKELY else Label.LEANING


def _standings(
    contestants: Sequence[Contestant],
    posterior: Posterior,
    counts: Array,
    votes: Sequence[Vote],
    anchor: int,
) -> tuple[Standing, ...]:
    best = np.argmax(_draws(posterior), axis=1)
    p_best = np.bincount(best, minlength=len(contestants)) / NUM_DRAWS
    wins_of = win_intervals(posterior)
    outcomes = _outcomes(counts, len(contestants))
    found = []
    for index, contestant in enumerate(contestants):
        wins, losses, ties = (int(number) for number in outcomes[index])
        both_bad = sum(
            _is_both_bad(vote) and contestant.key in (vote.left, vote.right) for vote in votes
        )
        found.append(
            Standing(
                contestant=contestant,
                strength=float(posterior.mean[index]),
                wins=wins_of[index],
                rating=_rating(posterior, index, anchor),
                p_best=float(p_best[index]),
                num_votes=wins + losses + ties + both_bad,
                num_wins=wins,
                num_losses=losses,
                num_ties=ties,
                num_both_bad=both_bad,
            )
        )
    order = np.argsort(-posterior.mean, kind="stable")
    return tuple(found[index] for index in order)


def _draws(posterior: Posterior) -> Array:
    # The same draws each time: a board that is looked at again shows the same figures.
    return posterior.draws(np.random.default_rng(0), NUM_DRAWS)


def _win_shares(strengths: Array) -> Array:
    """Return each one's mean probability of winning against the others.  # (..., n)."""
    apart = strengths[..., :, np.newaxis] - strengths[..., np.newaxis, :]
    wins = np.sum(special.expit(apart), axis=-1) - 0.5  # without that against itself
    return np.asarray(wins / (strengths.shape[-1] - 1))


def _between(value: float, drawn: Array) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(
        value=value,
        low=min(value, float(low)),
        high=max(value, float(high)),
        level=LEVEL,
        how="posterior draws",
    )


def _rating(posterior: Posterior, index: int, anchor: int) -> Interval:
    mean, deviation = (float(each) for each in posterior.difference(index, anchor))
    half = normal_quantile(LEVEL) * deviation
    value, low, high = (
        ANCHOR_RATING + ELO_PER_LOGIT * each for each in (mean, mean - half, mean + half)
    )
    return Interval(value=value, low=low, high=high, level=LEVEL, how="Laplace")


def _outcomes(counts: Array, num_contestants: int) -> Array:
    """Return wins, losses and ties of each contestant.  # (n, 3)."""
    by_pair = counts.sum(axis=1)
    found = np.zeros((num_contestants, 3))
    for (first, second), row in zip(pairs_of(num_contestants), by_pair, strict=True):
        found[first] += row
        found[second] += row[[LOSS, WIN, TIE]]
    return found


def _duels(keys: Sequence[str], posterior: Posterior, counts: Array) -> tuple[Duel, ...]:
    found = []
    for (first, second), row in zip(pairs_of(len(keys)), counts.sum(axis=1), strict=True):
        if posterior.mean[first] >= posterior.mean[second]:
            found.append((first, second, row))
        else:
            found.append((second, first, row[[LOSS, WIN, TIE]]))
    strengths = posterior.mean
    found.sort(key=lambda each: (-strengths[each[0]], -strengths[each[1]]))
    return tuple(_duel(keys, posterior, *each) for each in found)


def _duel(keys: Sequence[str], posterior: Posterior, better: int, worse: int, row: Array) -> Duel:
    wins, losses, ties = (int(number) for number in row)
    mean, deviation = (float(each) for each in posterior.difference(better, worse))
    half = normal_quantile(LEVEL) * deviation
    value, low, high = (float(special.expit(each)) for each in (mean, mean - half, mean + half))
    evidence = min(e_value(wins, losses), MOST_EVIDENCE)
    p_better = posterior.p_better(better, worse)
    return Duel(
        better=keys[better],
        worse=keys[worse],
        wins=Interval(value=value, low=low, high=high, level=LEVEL, how="Laplace"),
        p_better=p_better,
        num_votes=wins + losses + ties,
        num_wins=wins,
        num_losses=losses,
        num_ties=ties,
        e_value=evidence,
        label=label_of(p_better, wins + losses + ties, wins - losses, evidence),
    )


def _is_both_bad(vote: Vote) -> bool:
    return vote.outcome is Outcome.BOTH_BAD and vote.repeats is None
