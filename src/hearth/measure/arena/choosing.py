"""Who meets whom next, and on which side: votes go where they tell most of who is best.

Top-two Thompson sampling: draw strengths from what is known of them, and let the best of one draw
meet the best of another. Contestants that may be the best meet often, hopeless ones seldom, and
every two of them sometimes.

Source: Russo, "Simple Bayesian Algorithms for Best-Arm Identification", 2020,
https://arxiv.org/abs/1602.08448
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hearth.measure.arena.tallies import ON_LEFT, ON_RIGHT, Array
from hearth.store.voted import Vote

NUM_DRAWS = 64
REPEAT_SHARE = 0.1  # of the pairs, once there are votes that can be asked again
REPEAT_AFTER = 5  # votes, so that the first answer is not fresh in mind


def top_two(draws: Array) -> tuple[int, int]:
    """Return the two that shall meet.

    Args:
        draws: Strengths, drawn independently of each other.  # (num_draws, num_contestants)
    """
    best = np.argmax(draws, axis=-1)
    champion = int(best[0])
    others = best[best != champion]
    if len(others):
        return champion, int(others[0])
    rest = draws[-1].copy()  # so sure of the best: who might be second?
    rest[champion] = -np.inf
    return champion, int(np.argmax(rest))


def first_is_left(counts: Array, random: np.random.Generator) -> bool:
    """Return whether a pair's first contestant stands on the left, so that both do equally often.

    Args:
        counts: Of the pair, by side and outcome.  # (2, 3)
        random: Decides where both have stood there equally often.
    """
    on_left, on_right = counts[ON_LEFT].sum(), counts[ON_RIGHT].sum()
    if on_left == on_right:
        return bool(random.integers(2))
    return bool(on_left < on_right)


def to_repeat(votes: Sequence[Vote], random: np.random.Generator) -> Vote | None:
    """Return a vote whose pair is to be shown once more, now and then; else None.

    Args:
        votes: In the order in which they were given.
        random: Decides whether, and which.
    """
    again = {vote.repeats for vote in votes}
    open_ = [
        vote for vote in votes[:-REPEAT_AFTER] if vote.repeats is None and vote.id not in again
    ]
    if not open_ or random.random() >= REPEAT_SHARE:
        return None
    return open_[int(random.integers(len(open_)))]
