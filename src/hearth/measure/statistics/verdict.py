"""What a comparison of two comes to."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Whether the first of two has more of something than the second."""

    MORE = "more"
    LESS = "less"
    CANNOT_TELL = "cannot tell yet"


def verdict_of(low: float, high: float, nothing: float) -> Verdict:
    """Return the verdict of an interval, given the value that means no difference."""
    if low > nothing:
        return Verdict.MORE
    return Verdict.LESS if high < nothing else Verdict.CANNOT_TELL
