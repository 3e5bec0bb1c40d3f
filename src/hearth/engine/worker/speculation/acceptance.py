"""How often guesses are right, by class of guess.

A guess after two tokens that agree is a gamble, one after thirty is nearly sure; how much so
differs between a file that is edited and a story that is told. So each text keeps counts of its
own, which begin as those of all texts and forget slowly. Guesses are judged whether they were
computed or not: to see that one would have been right costs nothing, so speculation that was
switched off because it did not pay is switched on again as soon as it would.
"""

from __future__ import annotations

PRIOR_WEIGHT = 4.0  # guesses that what is known beforehand counts for
OWN_MEMORY = 32.0  # guesses of one text after which an old one counts for 1/e
COMMON_MEMORY = 1024.0  # the same, all texts together
UNKNOWN_RATE = 0.5


class Acceptance:
    """Shares of right guesses.

    Args:
        num_classes: Classes of guesses, told apart by whoever makes them, the surest last.
        common: What is known of all texts; it learns along. None for that one itself.
    """

    def __init__(self, num_classes: int, common: Acceptance | None = None) -> None:
        self._common = common
        self._keep = 1.0 - 1.0 / (OWN_MEMORY if common else COMMON_MEMORY)
        self._right = [0.0] * num_classes
        self._judged = [0.0] * num_classes

    def learn(self, kind: int, *, was_right: bool) -> None:
        """Count a guess of a class."""
        self._right[kind] = self._right[kind] * self._keep + was_right
        self._judged[kind] = self._judged[kind] * self._keep + 1.0
        if self._common is not None:
            self._common.learn(kind, was_right=was_right)

    def rate(self, kind: int) -> float:
        """Return the probability that a guess of a class is right.

        What is known beforehand of one text is what all texts taught; of all texts, that a class is
        as sure as the one below it.
        """
        if self._common is not None:
            prior = self._common.rate(kind)
        else:
            prior = self.rate(kind - 1) if kind else UNKNOWN_RATE
        right = self._right[kind] + PRIOR_WEIGHT * prior
        return right / (self._judged[kind] + PRIOR_WEIGHT)
