"""Guesses for one answer, each with the probability that it will be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Guess:
    """Tokens that may come next.

    Args:
        gains: For each the probability that it and all before it are right.
    """

    tokens: tuple[int, ...] = ()
    gains: tuple[float, ...] = ()


class Guesser:
    """Guesses how one text goes on, and learns how often it is right.

    Args:
        tokens: The text so far.
        common: What is known of all texts.
    """

    def __init__(self, tokens: Sequence[int], common: Acceptance) -> None:
        self._lookup = Lookup(tokens)
        self._acceptance = Acceptance(common)

    def guess(self, tokens: Sequence[int], count: int) -> Guess:
        """Return at most `count` guesses for what follows the text, which has grown since."""
        for seen in self._lookup.follow(tokens):
            self._acceptance.learn(seen.match_length, was_right=seen.was_right)
        length = self._lookup.match_length
        if not length or count <= 0:
            return Guess()
        gains = self._acceptance.gains(length, count)
        return Guess(tuple(self._lookup.guess(tokens, len(gains))), tuple(gains))
