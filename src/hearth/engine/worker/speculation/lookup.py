"""Guesses from the text itself: where its end has stood before, and how it went on there.

An answer that edits a file, quotes a source or fills in a form repeats most of its prompt. While it
does, the next token is the one after the copied ones; when the copying breaks off, the longest
earlier occurrence of the text's end is looked up in an index of short n-grams (prompt lookup
decoding; the index is that of LZ77 compressors, chains of equal hashes).

Nothing here knows a model or what a guess costs. Only the request's own text is looked at, which
holds its whole conversation: guesses from other people's texts would tell of them by their speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NGRAM = 2  # shortest end of the text that is looked up
MAX_CANDIDATES = 32  # occurrences that are compared, the latest first
LONGEST_MATCH = 64  # tokens; a longer match says nothing more


@dataclass(frozen=True, slots=True)
class Observation:
    """What a guess came to: how many tokens before it agreed, and whether it was right."""

    match_length: int
    was_right: bool


class Lookup:
    """Follows one text as it grows.

    Args:
        tokens: The text so far; later calls get it longer.
    """

    def __init__(self, tokens: Sequence[int]) -> None:
        self._latest: dict[tuple[int, ...], int] = {}  # where each n-gram ended last
        self._earlier: list[int] = [0] * NGRAM  # by end: where the same n-gram ended before; 0: no
        self._source = 0  # position of the token that is expected next
        self._known = len(tokens)
        self.match_length = 0
        self._find(tokens, len(tokens))

    def follow(self, tokens: Sequence[int]) -> list[Observation]:
        """Read what was added to the text, and return what the guesses for it came to."""
        seen: list[Observation] = []
        for position in range(self._known, len(tokens)):
            if self.match_length:
                was_right = tokens[self._source] == tokens[position]
                seen.append(Observation(self.match_length, was_right))
                self._source += 1
                self.match_length = self.match_length + 1 if was_right else 0
            if not self.match_length:
                self._find(tokens, position + 1)
        self._known = len(tokens)
        return seen

    def guess(self, tokens: Sequence[int], count: int) -> list[int]:
        """Return `count` tokens that may come next; none if the text's end is new.

        Where the copied place runs into the text's end, the guess goes on with itself: that is a
        text that repeats.
        """
        if not self.match_length:
            return []
        guess = list(tokens[self._source : self._source + count])
        period = len(tokens) - self._source
        while len(guess) < count:
            guess.append(guess[-period])
        return guess

    def _find(self, tokens: Sequence[int], end: int) -> None:
        """Look up the last tokens before `end`: the longest match, the nearest of equal ones."""
        self._index(tokens, end)
        if end < NGRAM:
            return
        candidate, best = self._latest.get(tuple(tokens[end - NGRAM : end]), 0), (0, 0)
        for _ in range(MAX_CANDIDATES):
            if not candidate:
                break
            nearness = -abs(candidate - self._source)
            found = (_match_length(tokens, candidate, end), nearness)
            if found > best or not best[0]:
                best, source = found, candidate
            candidate = self._earlier[candidate]
        if best[0]:
            self.match_length, self._source = best[0], source

    def _index(self, tokens: Sequence[int], before: int) -> None:
        """Index all n-grams that end before `before`, where the text still goes on."""
        latest, earlier = self._latest, self._earlier
        for end in range(len(earlier), before):
            key = tuple(tokens[end - NGRAM : end])
            earlier.append(latest.get(key, 0))
            latest[key] = end


def _match_length(tokens: Sequence[int], candidate: int, end: int) -> int:
    """Return how many tokens before `candidate` equal those before `end`."""
    limit = min(candidate, LONGEST_MATCH)
    length = NGRAM
    while length < limit and tokens[candidate - 1 - length] == tokens[end - 1 - length]:
        length += 1
    return length
