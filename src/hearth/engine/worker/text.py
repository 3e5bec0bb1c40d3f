"""Bytes of tokens to text that can be shown at once: whole characters, no stop string in it.

A token may end inside a character (emoji, CJK), and a stop string may begin in one token and end
in the next. So text is held back while it could still be the beginning of either.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field


@dataclass(slots=True)
class TextStream:
    """The text of one answer as it grows.

    Args:
        stops: Strings that end the answer and are not part of it.
    """

    stops: tuple[str, ...] = ()
    stopped_by: str | None = None
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("replace")
    )
    _held: str = ""

    def push(self, raw: bytes) -> str:
        """Add the bytes of a token; return the text that is now safe to show."""
        return self._advance(self._held + self._decoder.decode(raw))

    def finish(self) -> str:
        """Return what was held back, now that no more tokens come."""
        if self.stopped_by is not None:
            return ""
        rest = self._advance(self._held + self._decoder.decode(b"", final=True))
        held, self._held = self._held, ""
        return rest if self.stopped_by is not None else rest + held

    def _advance(self, text: str) -> str:
        position, stop = find_first(text, self.stops)
        if stop is not None:
            self.stopped_by, self._held = stop, ""
            return text[:position]
        keep = longest_partial_stop(text, self.stops)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def find_first(text: str, stops: tuple[str, ...]) -> tuple[int, str | None]:
    """Return where the earliest stop string begins, and which it is (the longest of a tie)."""
    found = [(text.find(stop), -len(stop), stop) for stop in stops if stop in text]
    if not found:
        return -1, None
    position, _, stop = min(found)
    return position, stop


def longest_partial_stop(text: str, stops: tuple[str, ...]) -> int:
    """Return how many characters at the end of `text` could be the beginning of a stop string."""
    longest = 0
    for stop in stops:
        for size in range(min(len(stop) - 1, len(text)), longest, -1):
            if text.endswith(stop[:size]):
                longest = size
                break
    return longest
