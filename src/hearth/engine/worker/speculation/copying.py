"""Guesses for one text by what it repeats of itself, with their chances."""

from __future__ import annotations

from collections.abc import Sequence

from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.guess import Guess, gains_of
from hearth.engine.worker.speculation.lookup import Lookup

# A guess is classed by how many tokens before it agree with the place it comes from: up to each.
CLASS_ENDS = (2, 4, 8, 16, 32)
_CLASS_OF = tuple(sum(length > end for end in CLASS_ENDS) for length in range(CLASS_ENDS[-1] + 2))
NUM_CLASSES = len(CLASS_ENDS) + 1


class CopyGuesser:
    """Guesses how a text goes on, and learns how often it is right.

    Args:
        tokens: The text so far.
        common: What is known of all texts.
    """

    def __init__(self, tokens: Sequence[int], common: Acceptance) -> None:
        self._lookup = Lookup(tokens)
        self._acceptance = Acceptance(NUM_CLASSES, common)

    def guess(self, tokens: Sequence[int], count: int) -> Guess:
        """Return at most `count` guesses for what follows the text, which has grown since."""
        for seen in self._lookup.follow(tokens):
            self._acceptance.learn(class_of(seen.match_length), was_right=seen.was_right)
        length = self._lookup.match_length
        if not length or count <= 0:
            return Guess()
        # Each right guess makes the match longer.
        gains = gains_of(self._acceptance, (class_of(length + step) for step in range(count)))
        return Guess(tuple(self._lookup.guess(tokens, len(gains))), gains)


def class_of(match_length: int) -> int:
    """Return the class of a guess by how many tokens before it agree."""
    return _CLASS_OF[min(match_length, len(_CLASS_OF) - 1)]
