"""Which topic a sentence rests on: found by comparing words, since a small model cites at random.

A sentence rests on the topic that has most of its telling words, if that is at least half of them,
and every number that it says stands there. That finds invented figures and answers from elsewhere;
it does not find a sentence that turns the same words around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hearth.guide.search import plain_text, telling_words
from hearth.guide.topic import Topic

LEAST_SHARED = 0.5
MIN_WORDS = 2  # fewer say nothing that could rest on anything

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_ENDINGS = ("ing", "ed", "es", "ly", "s")


def cite(sentence: str, notes: Sequence[Topic]) -> Topic | None:
    """Return the topic that a sentence rests on, or None.

    Args:
        sentence: Of a model's answer.
        notes: The topics that it was given.
    """
    words = _stems(telling_words(_NUMBER.sub(" ", sentence)))
    if len(words) < MIN_WORDS:
        return None
    shared = {topic: len(words & _words_of(topic)) / len(words) for topic in notes}
    best = max(notes, key=lambda topic: shared[topic], default=None)
    if best is None or shared[best] < LEAST_SHARED:
        return None
    return best if _numbers(sentence) <= _numbers(_text(best)) else None


def _text(topic: Topic) -> str:
    return f"{' '.join(topic.names)} {plain_text(topic)}"


def _words_of(topic: Topic) -> frozenset[str]:
    return _stems(telling_words(_text(topic)))


def _numbers(text: str) -> frozenset[str]:
    return frozenset(found.rstrip(".,").replace(",", "") for found in _NUMBER.findall(text))


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_stem, words))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
