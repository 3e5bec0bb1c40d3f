"""Figures of a text: how much it repeats, whether it runs in a loop, how rich its words are.

All of them work on words, whatever their case. An n-gram is n words in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean

from hearth.measure.checks.length import words

NGRAM = 4  # people rarely write the same four words twice in a short text
SHARED_NGRAM = 3
WINDOW = 50  # words; a type-token ratio depends on length, so that it is taken over windows
LOOP_TIMES = 3  # "and so on and so on and so on" is a loop
LOOP_WORDS = 8  # shorter ones are speech: "no, no, no"


def repetition(text: str) -> float:
    """Return the share of a text's 4-grams that stood in it before; 0 for shorter texts."""
    grams = _ngrams(_words(text), NGRAM)
    return 1 - len(set(grams)) / len(grams) if grams else 0.0


def loops(text: str) -> bool:
    """Return whether a text ends in the same words, three times or more in a row.

    A last round may have been cut short, as it is where the greatest length ended the text.
    """
    found = _words(text)
    return any(_has_period(found, period) for period in range(1, len(found) // LOOP_TIMES + 1))


def vocabulary(text: str) -> float:
    """Return the mean share of different words in each 50 words in a row (MATTR)."""
    found = _words(text)
    if not found:
        return 0.0
    last = max(1, len(found) - WINDOW + 1)
    windows = (found[start : start + WINDOW] for start in range(last))
    return fmean(len(set(window)) / len(window) for window in windows)


def sameness(texts: Sequence[str]) -> float:
    """Return how alike texts are: the mean share of 3-grams that two of them have in common.

    Args:
        texts: Answers to one question; 0 for fewer than two.
    """
    grams = [set(_ngrams(_words(text), SHARED_NGRAM)) for text in texts]
    pairs = [_overlap(one, other) for one, other in combinations(grams, 2)]
    return fmean(pairs) if pairs else 0.0


def _has_period(found: Sequence[str], period: int) -> bool:
    """Whether the end of a text repeats with this period, for long enough to be a loop."""
    length = max(LOOP_TIMES * period, LOOP_WORDS)
    tail = found[-length:]
    return len(tail) == length and tail[period:] == tail[:-period]


def _overlap(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    """Return the Jaccard index of two sets; two empty ones are the same."""
    union = one | other
    return len(one & other) / len(union) if union else 1.0


def _words(text: str) -> list[str]:
    return [word.casefold() for word in words(text)]


def _ngrams(found: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(found[start : start + n]) for start in range(len(found) - n + 1)]
