"""Which language an answer is in, told by its most frequent small words or by its script.

Small words (articles, prepositions, forms of "to be") make up about half of running text and
differ between languages, so that two sentences are enough. An answer of fewer than three such
words is in no known language, and a check for any language fails.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hearth.measure.checks.kinds import Kind
from hearth.measure.checks.length import words

MIN_HITS = 3
SCRIPTS = MappingProxyType(
    {
        "CYRILLIC": "russian",
        "GREEK": "greek",
        "HIRAGANA": "japanese",
        "KATAKANA": "japanese",
        "HANGUL": "korean",
        "ARABIC": "arabic",
        "CJK": "chinese",
    }
)


def kinds() -> dict[str, Kind]:
    """Return the kinds of this module by name."""
    known = sorted({*_small_words(), *SCRIPTS.values()})
    return {
        "language": Kind(
            lambda answer, value: language_of(answer) == value,
            lambda value: value in known,
            f"one of {', '.join(known)}",
        )
    }


def language_of(text: str) -> str | None:
    """Return the language that a text is in, in lower-case English; None where it is not clear."""
    script = _script_of(text)
    if script != "LATIN":
        return SCRIPTS.get(script)
    there = Counter(word.casefold() for word in words(text))
    hits = Counter(
        {name: sum(there[word] for word in known) for name, known in _small_words().items()}
    )
    (first, most), (_, second) = hits.most_common(2)
    return first if most >= MIN_HITS and most > second else None


def _script_of(text: str) -> str:
    letters = Counter(
        unicodedata.name(character, "").split(" ")[0].split("-")[0]
        for character in text
        if character.isalpha()
    )
    if letters["HIRAGANA"] + letters["KATAKANA"] > 0.1 * letters.total() > 0:
        return "HIRAGANA"  # Japanese is mostly written with Chinese characters
    return letters.most_common(1)[0][0] if letters else ""


@cache
def _small_words() -> dict[str, frozenset[str]]:
    text = files("hearth.measure.checks").joinpath("small_words.toml").read_text(encoding="utf-8")
    return {name: frozenset(line.split()) for name, line in tomllib.loads(text).items()}
