"""Votes as counts: for each two contestants, and each order of sides, who won how often.

The counts are all that ratings depend on, so that the order of votes makes no difference, and ten
thousand votes are rated as fast as ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hearth.store.voted import Outcome

Array = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]

WIN, LOSS, TIE = 0, 1, 2  # of the first of two contestants
ON_LEFT, ON_RIGHT = 0, 1  # where the first of them stood


class Ballot(Protocol):
    """What of a vote is counted; see `hearth.store.voted.Vote`."""

    @property
    def left(self) -> str:
        """Key of the contestant on the left."""
        ...

    @property
    def right(self) -> str:
        """Key of the contestant on the right."""
        ...

    @property
    def outcome(self) -> Outcome:
        """What was preferred."""
        ...

    @property
    def repeats(self) -> int | None:
        """The vote that it repeats; None for one that counts."""
        ...


def pairs_of(num_contestants: int) -> Indexes:
    """Return each two contestants once, in the order of all that is counted by pairs.

    Returns:
        Indexes of the first and the second, the first being lower.  # (num_pairs, 2)
    """
    return np.array(list(combinations(range(num_contestants), 2)), dtype=np.intp).reshape(-1, 2)


def counts_of(votes: Iterable[Ballot], keys: Sequence[str]) -> Array:
    """Count the votes that say something of who is better.

    Repeats are left out, since they ask the same again, and so are those that found both answers
    bad, which tell nothing of the difference.

    Args:
        votes: In any order; all between two of `keys`.
        keys: Of the contestants.

    Returns:
        By pair, side of the first contestant, and outcome for it.  # (num_pairs, 2, 3)
    """
    place = {key: index for index, key in enumerate(keys)}
    pairs = pairs_of(len(keys))
    row_of = {(int(first), int(second)): row for row, (first, second) in enumerate(pairs)}
    counts = np.zeros((len(pairs), 2, 3))
    for vote in votes:
        if is_counted(vote):
            left, right = place[vote.left], place[vote.right]
            side = ON_LEFT if left < right else ON_RIGHT
            outcome = _outcome_for_first(vote.outcome, side)
            counts[row_of[min(left, right), max(left, right)], side, outcome] += 1
    return counts


def is_counted(vote: Ballot) -> bool:
    """Tell whether a vote says something of who is better."""
    return vote.repeats is None and vote.outcome is not Outcome.BOTH_BAD


def _outcome_for_first(outcome: Outcome, side: int) -> int:
    if outcome is Outcome.TIE:
        return TIE
    first_won = (outcome is Outcome.LEFT) == (side == ON_LEFT)
    return WIN if first_won else LOSS
