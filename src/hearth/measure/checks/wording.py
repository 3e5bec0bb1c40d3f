"""Checks of what words an answer has, and where."""

from __future__ import annotations

import re

from hearth.measure.checks.kinds import Kind, pattern, wording
from hearth.measure.checks.length import words


def mentions(text: str, phrase: str) -> bool:
    """Return whether a phrase stands in a text as words of their own, whatever their case."""
    return _times(text, phrase) > 0


def kinds() -> dict[str, Kind]:
    """Return the kinds of this module by name."""
    return {
        "contains": wording(lambda answer, parts: all(mentions(answer, part) for part in parts)),
        "contains_any": wording(
            lambda answer, parts: any(mentions(answer, part) for part in parts)
        ),
        "avoids": wording(lambda answer, parts: not any(mentions(answer, part) for part in parts)),
        "equals": wording(lambda answer, parts: _plain(answer) in map(_plain, parts)),
        "starts_with": wording(lambda answer, parts: answer.strip().startswith(tuple(parts))),
        "ends_with": wording(lambda answer, parts: answer.strip().endswith(tuple(parts))),
        "matches": pattern(lambda answer, value: re.search(value, answer) is not None),
        "matches_not": pattern(lambda answer, value: re.search(value, answer) is None),
        "mentions_times": Kind(
            lambda answer, value: all(_times(answer, each) == value[each] for each in value),
            _are_counts,
            "texts with how often each must appear, as in {rain: 2}",
        ),
    }


def _times(text: str, phrase: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE))


def _plain(text: str) -> str:
    return " ".join(words(text)).casefold()


def _are_counts(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(key, str) and key for key in value)
        and all(isinstance(count, int) and count >= 0 for count in value.values())
    )
