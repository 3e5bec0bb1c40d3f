"""Whose computed text a request may begin with, where its blocks end, and whose they are.

A cache that is shared is a leak: how soon an answer begins tells whether somebody else has sent
the same text before. So what was computed for one owner is used again for that owner alone; only
the beginning that the settings share (system prompts) is common to all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BLOCK_TOKENS = 128
MIN_SHARED_TOKENS = 8  # below this, copying costs more than it saves

SHARED = ""  # the scope of blocks that everybody may use


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What of the cache a request may use.

    Args:
        owner: Who asks.
        shared: Leading tokens that the settings share with everybody.
        cached: False: it takes nothing and leaves nothing.
    """

    owner: str = ""
    shared: int = 0
    cached: bool = True

    def common(self, other: Access, length: int) -> int:
        """Return how much of a common beginning of `length` tokens two requests may share."""
        if not (self.cached and other.cached):
            return 0
        return length if self.owner == other.owner else min(length, self.shared, other.shared)

    @property
    def private(self) -> str:
        """The scope of what nobody else may use."""
        return f"owner {self.owner}"

    def scope(self, start: int) -> str:
        """Return whose the block is that begins at a position."""
        return SHARED if start < self.shared else self.private

    def end(self, start: int, length: int) -> int:
        """Return where the block that begins at `start` ends in a text of `length` tokens.

        A block ends where the shared beginning does, so that none is half private.
        """
        limit = min(self.shared, length) if start < self.shared else length
        return min(start + BLOCK_TOKENS, limit)


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many leading tokens two sequences share."""
    limit = min(len(left), len(right))
    if left[:limit] == right[:limit]:
        return limit
    low, high = 0, limit  # bisect: comparing slices is far faster than a loop over tokens
    while high - low > 1:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
