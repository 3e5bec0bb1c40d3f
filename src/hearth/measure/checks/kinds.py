"""What a kind of check is made of, and the values that kinds take."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of check.

    Args:
        test: From an answer and the check's value to whether it passes.
        takes: Whether a value is one that the kind can work with.
        wanted: Those values in words.
    """

    test: Callable[[str, Any], bool]
    takes: Callable[[Any], bool]
    wanted: str


def counting(test: Callable[[str, int], bool]) -> Kind:
    """Return a kind that takes a whole number."""
    return Kind(test, _is_count, "a whole number of 0 or more")


def switch(test: Callable[[str], bool]) -> Kind:
    """Return a kind that takes yes or no: the answer is such, or must not be."""
    return Kind(lambda answer, value: test(answer) is value, _is_bool, "true or false")


def wording(test: Callable[[str, list[str]], bool]) -> Kind:
    """Return a kind that takes one text or a list of them."""
    return Kind(
        lambda answer, value: test(answer, [value] if isinstance(value, str) else value),
        lambda value: _is_text(value) or _are_texts(value),
        "a text, or a list of texts",
    )


def pattern(test: Callable[[str, str], bool]) -> Kind:
    """Return a kind that takes a regular expression."""
    return Kind(test, _is_pattern, "a regular expression")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))


def _is_pattern(value: Any) -> bool:
    if not _is_text(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True
