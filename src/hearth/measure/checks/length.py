"""Checks of length: words, sentences, paragraphs, lines, characters."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from hearth.measure.checks.kinds import Kind, counting

_WORD = re.compile(r"\w+(?:[.,'\u2019\-]\w+)*")  # "don't", "well-known" and "3.5" are one word each
_SENTENCE_END = re.compile(r"[.!?\u3002\uff01\uff1f]+[\"'\u201d\u2019)]*(?=\s|$)")


def words(text: str) -> list[str]:
    """Return the words of a text, as they are written."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """Return the parts of a text that end in a stop, or in the end of a line."""
    parts = (part for line in text.splitlines() for part in _SENTENCE_END.split(line))
    return [part for part in parts if words(part)]


def kinds() -> dict[str, Kind]:
    """Return the kinds of this module by name: each count as exact, `min_` and `max_`."""
    counts: dict[str, Callable[[str], int]] = {
        "words": lambda text: len(words(text)),
        "sentences": lambda text: len(sentences(text)),
        "paragraphs": lambda text: len([p for p in re.split(r"\n\s*\n", text) if p.strip()]),
        "lines": lambda text: len([line for line in text.splitlines() if line.strip()]),
        "characters": lambda text: len(text.strip()),
    }
    ways = {"": operator.eq, "min_": operator.ge, "max_": operator.le}
    return {
        f"{way}{name}": _compare(count, compare)
        for name, count in counts.items()
        for way, compare in ways.items()
    }


def _compare(count: Callable[[str], int], compare: Callable[[int, int], bool]) -> Kind:
    return counting(lambda answer, value: compare(count(answer), value))
