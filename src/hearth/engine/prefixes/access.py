"""Whose computed text a request may begin with, and who may begin with its own.

A cache that is shared is a leak: how soon an answer begins tells whether somebody else has sent
the same text before. So what was computed for one owner is used again for that owner alone; only
the beginning that the settings share (system prompts) is common to all.
"""

from __future__ import annotations

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

    def scope(self, start: int) -> str:
        """Return whose the block at a position is: one that ends in private text is private."""
        return SHARED if start + BLOCK_TOKENS <= self.shared else f"owner {self.owner}"
