"""Which connection fetches which bytes: runs of missing chunks, given out from the front.

Runs are long, so that a request pays for its round trip, and become short towards the end, so that
all connections end together. Giving out from the front keeps the hash close behind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

MAX_CHUNKS = 8  # of one request


class Spans:
    """The chunks that nobody fetches yet.

    Args:
        missing: Chunks to fetch, in order.
        num_connections: How many share them.
    """

    def __init__(self, missing: Iterable[int], num_connections: int) -> None:
        self._missing = list(missing)
        self._num_connections = num_connections
        self._lock = threading.Lock()

    def take(self) -> range | None:
        """Return the next run of chunks, which is now the caller's; None if none is left."""
        with self._lock:
            if not self._missing:
                return None
            fair = -(-len(self._missing) // (2 * self._num_connections))
            first, length = self._missing[0], 1
            while length < min(fair, MAX_CHUNKS) and self._follows(first, length):
                length += 1
            del self._missing[:length]
            return range(first, first + length)

    def _follows(self, first: int, length: int) -> bool:
        return length < len(self._missing) and self._missing[length] == first + length
