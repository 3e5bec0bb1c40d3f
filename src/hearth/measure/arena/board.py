"""What the votes say so far, as values: standings, duels, and what is known of the voter.

A win is given as a probability with the interval that holds it with 90 %. Ties are apart: "wins
64 %" means 64 of 100 votes that name a winner, with sides drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearth.measure.statistics import Interval
from hearth.store.voted import Contestant

LEVEL = 0.90  # of all intervals here


class Label(StrEnum):
    """How much may be said of two contestants."""

    TOO_EARLY = "too early"
    LEANING = "leaning"
    LIKELY = "likely"
    DECIDED = "decided"  # holds however often the votes were looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One contestant on the board.

    Args:
        strength: What the votes make most likely, in logits around 0; a vote for a contestant never
            lowers it.
        wins: Probability of winning against another contestant of the board, the mean over them.
        rating: The same strength in Elo; the board's anchor has 1000.
        p_best: Probability that it is the best of the board.
        num_votes: Votes that it took part in, ties and both-bad among them.
        num_both_bad: Votes that found its answer and the other one bad; they count for nobody.
    """

    contestant: Contestant
    strength: float
    wins: Interval
    rating: Interval
    p_best: float
    num_votes: int
    num_wins: int
    num_losses: int
    num_ties: int
    num_both_bad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Two contestants against each other; `better` is the one that is more likely the better one.

    Args:
        better: Key of a contestant.
        worse: Key of the other one.
        wins: Probability that `better` wins a vote that names a winner.
        p_better: Probability that `better` is the better one.
        num_votes: Direct votes on the two that count: wins, losses and ties.
        e_value: Evidence against the two being equal, from their direct votes; it stays below 20
            with 95 % probability while they are equal, however often one looks.
    """

    better: str
    worse: str
    wins: Interval
    p_better: float
    num_votes: int
    num_wins: int
    num_losses: int
    num_ties: int
    e_value: float
    label: Label


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthEffect:
    """How longer answers fare: the odds of winning for an answer twice as long as the other one.

    Args:
        odds: 1 means that length makes no difference.
        longer_wins: Share of the deciding votes that went to the longer answer.
        num_votes: Votes that it was fitted to.
    """

    odds: Interval
    longer_wins: float
    num_votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two opinions of the same pairs agree.

    Args:
        share: Part of the pairs with the same outcome.
        kappa: Cohen's kappa: 0 is what chance would give, 1 is always. None where all opinions were
            one and the same, so that chance would agree as well.
        num_pairs: Pairs that were judged twice.
    """

    share: Interval
    kappa: Interval | None
    num_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAgreement:
    """A judge model against the person's own votes.

    Args:
        consistent: Part of the pairs on which both orders gave the same verdict.
    """

    name: str
    agreement: Agreement
    consistent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that the votes say.

    Args:
        standings: Best first.
        duels: Each two contestants once, those between the best first.
        anchor: Key of the contestant whose rating is 1000.
        position: Part of the votes with a winner that the left side won; sides are balanced, so
            that it is 0.5 for who does not mind the place.
        tie_share: Part of the counted votes that are ties.
        num_votes: Votes that are counted; repeats and both-bad are not.
        self_agreement: The person against themselves on pairs shown twice; None before the first.
        length: None while there are too few votes.
        last_vote: Id of the last vote that was counted; 0 for none.
    """

    standings: tuple[Standing, ...]
    duels: tuple[Duel, ...]
    anchor: str
    position: Interval
    tie_share: Interval
    num_votes: int
    num_ties: int
    num_both_bad: int
    num_repeats: int
    self_agreement: Agreement | None = None
    length: LengthEffect | None = None
    judges: tuple[JudgeAgreement, ...] = ()
    last_vote: int = 0

    def duel(self, one: str, other: str) -> Duel:
        """Return the duel of two contestants, given by their keys in any order."""
        wanted = {one, other}
        return next(duel for duel in self.duels if {duel.better, duel.worse} == wanted)
