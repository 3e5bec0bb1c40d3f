"""A model file that is held in memory."""

from __future__ import annotations


class HeldBytes:
    """A byte source over bytes; it counts what is read."""

    def __init__(self, content: bytes, name: str = "held.gguf") -> None:
        self.content = content
        self.name = name
        self.size_bytes = len(content)
        self.fetched_bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        self.fetched_bytes += length
        return self.content[offset : offset + length]
