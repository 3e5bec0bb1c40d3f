"""How often guesses are right, by how long the text has matched the place they come from.

A guess after two tokens that agree is a gamble, one after thirty is nearly sure; how much so
differs between a file that is edited and a story that is told. So each text keeps a count of its
own, which begins as that of all texts and forgets slowly. Guesses are judged whether they were
computed or not: to see that one would have been right costs nothing, so speculation that was
switched off because it did not pay is switched on again as soon as it would.
"""

from __future__ import annotations

# Lower ends of the classes of match lengths.
CLASSES = (1, 3, 5, 9, 17, 33)
_CLASS_OF = tuple(
    max(i for i, low in enumerate(CLASSES) if low <= length) for length in range(1, CLASSES[-1] + 1)
)
PRIOR_WEIGHT = 4.0  # guesses that what is known beforehand counts for
OWN_MEMORY = 32.0  # guesses of one text after which an old one counts for 1/e
COMMON_MEMORY = 1024.0  # the same, all texts together
UNKNOWN_RATE = 0.5
LEAST_GAIN = 0.02


class Acceptance:
    """Shares of right guesses.

    Args:
        common: What is known of all texts; it learns along. None for that one itself.
    """

    def __init__(self, common: Acceptance | None = None) -> None:
        self._common = common
        self._keep = 1.0 - 1.0 / (OWN_MEMORY if common else COMMON_MEMORY)
        self._right = [0.0] * len(CLASSES)
        self._judged = [0.0] * len(CLASSES)

    def learn(self, match_length: int, *, was_right: bool) -> None:
        """Count a guess that came after so many agreeing tokens."""
        index = _class_of(match_length)
        self._right[index] = self._right[index] * self._keep + was_right
        self._judged[index] = self._judged[index] * self._keep + 1.0
        if self._common is not None:
            self._common.learn(match_length, was_right=was_right)

    def rate(self, match_length: int) -> float:
        """Return the probability that the guess after so many agreeing tokens is right."""
        index = _class_of(match_length)
        prior = self._common.rate(match_length) if self._common else UNKNOWN_RATE
        right = self._right[index] + PRIOR_WEIGHT * prior
        return right / (self._judged[index] + PRIOR_WEIGHT)

    def gains(self, match_length: int, count: int) -> list[float]:
        """Return for each of `count` guesses in a row the probability that it will be accepted.

        That is, that it and all before it are right; each right one makes the match longer. Those
        that have hardly a chance are left out.
        """
        found: list[float] = []
        gain = 1.0
        while len(found) < count:
            gain *= self.rate(match_length + len(found))
            if gain < LEAST_GAIN:
                break
            found.append(gain)
        return found


def _class_of(match_length: int) -> int:
    return _CLASS_OF[min(match_length, CLASSES[-1]) - 1]
