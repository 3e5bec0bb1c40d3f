"""A pair as the person meets it: two nameless answers, and the names after the vote."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.errors import HearthError
from hearth.store.voted import Contestant, Prompt, Side, Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers to come. It tells nothing about who writes them.

    Args:
        id: 32 hexadecimal digits.
        prompt: What both are asked.
    """

    id: str
    prompt: Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class SideText:
    """The next piece of one side's answer."""

    side: Side
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEnded:
    """One side's answer is whole."""

    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEnded:
    """Both answers are whole and may be voted on; or one failed, and the pair is void.

    Args:
        error: Why the pair is void; None where it may be voted on.
    """

    error: HearthError | None = None


PairEvent = SideText | SideEnded | PairEnded
"""What `Arena.answers` yields; nothing follows `PairEnded`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """Who wrote the answers of a pair, now that the vote is kept."""

    vote: Vote
    left: Contestant
    right: Contestant
