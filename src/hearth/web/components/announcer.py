"""What a screen reader is told while an answer streams: whole sentences, each of them once."""

from __future__ import annotations

import re

# Ends of sentences: ASCII marks before a space, full-width ones (U+3002, U+FF01, U+FF1F) anywhere,
# and empty lines.
_SENTENCE_END = re.compile(r"[.!?\u2026][\"')\]]*\s|[\u3002\uff01\uff1f]|\n\s*\n")
_MARKS = re.compile(r"[*_`#>|~]+")


class Announcer:
    """Hands out the sentences that have been completed since it was last asked."""

    def __init__(self) -> None:
        self._num_said = 0

    def newly_complete(self, text: str, *, ended: bool = False) -> str:
        """Return what may be said now of a text that grows; empty if no sentence is complete."""
        end = len(text) if ended else self._last_end(text)
        said = text[self._num_said : end]
        self._num_said = max(end, self._num_said)
        return _MARKS.sub("", said).strip()

    def _last_end(self, text: str) -> int:
        ends = [match.end() for match in _SENTENCE_END.finditer(text, self._num_said)]
        return ends[-1] if ends else self._num_said
