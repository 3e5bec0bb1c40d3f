"""A finding: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is."""

    OK = "ok"
    INFO = "info"  # worth knowing, nothing to do
    WARN = "warn"  # works, and could be better or safer
    BAD = "bad"  # does not work


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One result of an examination.

    Args:
        subject: What was looked at, in one or two words.
        detail: How it is, as a sentence with the figures.
        cure: What to type or do; None when nothing needs to be done.
    """

    subject: str
    state: State
    detail: str
    cure: str | None = None
