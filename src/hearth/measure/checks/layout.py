"""Checks of how an answer is laid out: lists, headings, capitals, marks."""

from __future__ import annotations

import re

from hearth.measure.checks.kinds import Kind, counting, switch

_BULLET = re.compile(r"^\s*[-*•]\s+\S", re.MULTILINE)
_NUMBERED = re.compile(r"^\s*(\d+)[.)]\s+\S", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+\S", re.MULTILINE)
_TITLE = re.compile(r"<<[^<>\n]+>>")
_HIGHLIGHT = re.compile(r"(?<!\*)\*[^*\n]+\*(?!\*)|\*\*[^*\n]+\*\*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]+\]")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'"}


def kinds() -> dict[str, Kind]:
    """Return the kinds of this module by name."""
    return {
        "bullets": counting(lambda answer, value: len(_BULLET.findall(answer)) == value),
        "numbered": counting(_is_numbered),
        "headings": counting(lambda answer, value: len(_HEADING.findall(answer)) == value),
        "min_highlights": counting(lambda answer, value: len(_HIGHLIGHT.findall(answer)) >= value),
        "min_placeholders": counting(
            lambda answer, value: len(_PLACEHOLDER.findall(answer)) >= value
        ),
        "title": switch(lambda answer: _TITLE.search(answer) is not None),
        "lower_case": switch(lambda answer: answer == answer.lower() and _has_letters(answer)),
        "upper_case": switch(lambda answer: answer == answer.upper() and _has_letters(answer)),
        "commas": switch(lambda answer: re.search("[,\u060c\u3001\uff0c]", answer) is not None),
        "digits": switch(lambda answer: re.search(r"\d", answer) is not None),
        "quoted": switch(_is_quoted),
        "code_block": switch(lambda answer: re.search(r"```.+?```", answer, re.DOTALL) is not None),
    }


def _is_numbered(answer: str, count: int) -> bool:
    return [int(number) for number in _NUMBERED.findall(answer)] == list(range(1, count + 1))


def _has_letters(answer: str) -> bool:
    return any(character.isalpha() for character in answer)


def _is_quoted(answer: str) -> bool:
    inside = answer.strip()
    return len(inside) > 2 and _QUOTES.get(inside[0]) == inside[-1]
