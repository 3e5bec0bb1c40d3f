"""What votes tell of the voter: how steady, how fond of length, how near to a judge model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy import special

from hearth.measure.arena.board import LEVEL, Agreement, JudgeAgreement, LengthEffect
from hearth.measure.statistics import Interval, wilson
from hearth.measure.statistics.interval import normal_quantile
from hearth.store.voted import Outcome, Suggestion, Vote

LEAST_FOR_LENGTH = 20  # deciding votes
LENGTH_SD = 1.0  # of the logarithm of the odds, before the first vote
NEWTON_STEPS = 50

_EXCHANGED = {Outcome.LEFT: Outcome.RIGHT, Outcome.RIGHT: Outcome.LEFT}


def exchanged(outcome: Outcome) -> Outcome:
    """Return an outcome as it reads with the sides exchanged."""
    return _EXCHANGED.get(outcome, outcome)


def self_agreement(votes: Sequence[Vote]) -> Agreement | None:
    """Return how often the person voted alike on pairs shown twice; None before the first."""
    outcomes = {vote.id: vote.outcome for vote in votes}
    pairs = [
        (outcomes[vote.repeats], exchanged(vote.outcome))
        for vote in votes
        if vote.repeats is not None and vote.repeats in outcomes
    ]
    return agreement(pairs) if pairs else None


def agreements_with_judges(
    votes: Iterable[Vote], suggestions: Iterable[Suggestion]
) -> tuple[JudgeAgreement, ...]:
    """Return how each judge's verdicts agree with the person's votes, by the judges' names."""
    outcomes = {vote.id: vote.outcome for vote in votes}
    by_judge: dict[str, list[Suggestion]] = {}
    for suggestion in suggestions:
        if suggestion.vote_id in outcomes:
            by_judge.setdefault(suggestion.judge_name, []).append(suggestion)
    return tuple(
        JudgeAgreement(
            name=name,
            agreement=agreement([(outcomes[each.vote_id], each.verdict) for each in given]),
            consistent=sum(each.as_shown is each.exchanged for each in given) / len(given),
        )
        for name, given in sorted(by_judge.items())
    )


def agreement(pairs: Sequence[tuple[Outcome, Outcome]]) -> Agreement:
    """Return how often two opinions of the same pairs are alike, beyond chance as well.

    Args:
        pairs: Both opinions of each pair; at least one.

    Source:
        Cohen, "A Coefficient of Agreement for Nominal Scales", 1960, with its large-sample error.
    """
    total = len(pairs)
    alike = sum(one is other for one, other in pairs)
    ones, others = (Counter(side) for side in zip(*pairs, strict=True))
    by_chance = sum(ones[each] * others[each] for each in Outcome) / total**2
    return Agreement(
        share=wilson(alike, total, LEVEL),
        kappa=_kappa(alike / total, by_chance, total) if by_chance < 1 else None,
        num_pairs=total,
    )


def _kappa(share: float, by_chance: float, total: int) -> Interval:
    value = (share - by_chance) / (1 - by_chance)
    error = math.sqrt(share * (1 - share) / total) / (1 - by_chance)
    half = normal_quantile(LEVEL) * error
    return Interval(
        value=value,
        low=max(-1.0, value - half),
        high=min(1.0, value + half),
        level=LEVEL,
        how="large-sample error of kappa",
    )


def length_effect(votes: Sequence[Vote], strengths: Mapping[str, float]) -> LengthEffect | None:
    """Return what a longer answer gains beyond its author's strength; None for too few votes.

    A logistic regression with one coefficient: the contestants' strengths are given, and the
    doublings of length are what is left to explain the votes.

    Args:
        votes: Those that name a winner.
        strengths: Of the contestants, in logits, by key.
    """
    if len(votes) < LEAST_FOR_LENGTH:
        return None
    doublings = np.array([_doublings(vote) for vote in votes])
    expected = np.array([strengths[vote.left] - strengths[vote.right] for vote in votes])
    won = np.array([vote.outcome is Outcome.LEFT for vote in votes], dtype=np.float64)
    slope, error = _fit_slope(doublings, expected, won)
    half = normal_quantile(LEVEL) * error
    odds, low, high = (math.exp(each) for each in (slope, slope - half, slope + half))
    uneven = doublings != 0
    longer_won = (doublings > 0) == (won == 1)
    return LengthEffect(
        odds=Interval(value=odds, low=low, high=high, level=LEVEL, how="logistic regression"),
        longer_wins=float(np.mean(longer_won[uneven])) if uneven.any() else 0.5,
        num_votes=len(votes),
    )


def _doublings(vote: Vote) -> float:
    """Return how often the left answer is twice as long as the right one."""
    return math.log2((1 + len(vote.left_answer.text)) / (1 + len(vote.right_answer.text)))


def _fit_slope(doublings: np.ndarray, expected: np.ndarray, won: np.ndarray) -> tuple[float, float]:
    slope, precision = 0.0, LENGTH_SD**-2
    for _ in range(NEWTON_STEPS):
        chances = special.expit(expected + slope * doublings)
        gradient = float(doublings @ (won - chances)) - slope / LENGTH_SD**2
        precision = float(doublings**2 @ (chances * (1 - chances))) + LENGTH_SD**-2
        # Half a doubling at most: far from the top a whole step may lead beyond it and back.
        step = max(-0.5, min(0.5, gradient / precision))
        slope += step
        if abs(step) < 1e-10:
            break
    return slope, 1 / math.sqrt(precision)
