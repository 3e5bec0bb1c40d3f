"""What of a file has arrived, kept beside it, so that a download goes on after any end.

A file comes in chunks. A chunk is entered once its bytes are on the disk, so whatever stands in the
journal is there after `kill -9` and after a power cut; what else had come, less than a chunk of
each connection, is fetched again. The journal is text: one line that says what the file is, then
one line for each chunk.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

MIN_CHUNK_BYTES = 1024 * 1024
LARGEST_CHUNK_BYTES = 8 * 1024 * 1024
CHUNKS_EACH = 8  # for each connection, so that all of them have work until the end
MAX_CHUNK_BYTES = 64 * 1024 * 1024
MAX_JOURNAL_BYTES = 16 * 1024 * 1024

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What bytes are being collected; bytes of another identity are never joined to them.

    Args:
        size_bytes: Length of the whole file.
        tag: The digest it must have, else what its server calls this version of it, else empty.
    """

    size_bytes: int
    tag: str


def chunk_bytes_of(size_bytes: int, num_connections: int) -> int:
    """Return a size of chunks that keeps all connections busy, and the journal short."""
    fair = size_bytes // (CHUNKS_EACH * num_connections)
    return min(max(fair, MIN_CHUNK_BYTES), LARGEST_CHUNK_BYTES)


class Journal:
    """The chunks of one file that are on the disk.

    Args:
        path: The journal's own file.
        identity: What is collected; a journal of something else is thrown away.
        chunk_bytes: Size of a chunk, where the journal begins; an older one keeps its own.
    """

    def __init__(self, path: Path, identity: Identity, chunk_bytes: int) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.identity = identity
        self.chunk_bytes = chunk_bytes
        self._done: set[int] = set()
        kept = read_journal(path)
        if kept is not None and kept[0] == identity:
            _, self.chunk_bytes, self._done = kept
        self._begin()

    @property
    def num_chunks(self) -> int:
        """Chunks of the whole file; the last one may be shorter."""
        return -(-self.identity.size_bytes // self.chunk_bytes)

    @property
    def done_bytes(self) -> int:
        """Bytes of the chunks that have arrived."""
        with self._lock:
            return _done_bytes(self.identity, self.chunk_bytes, self._done)

    def missing(self) -> list[int]:
        """Return the chunks that have not arrived, in order."""
        with self._lock:
            return [index for index in range(self.num_chunks) if index not in self._done]

    def enter(self, index: int) -> None:
        """Enter a chunk whose bytes are on the disk."""
        with self._lock:
            self._done.add(index)
            os.write(self._descriptor, b"%d\n" % index)

    def close(self) -> None:
        """Close the file; what was entered stays."""
        os.close(self._descriptor)

    def _begin(self) -> None:
        """Write the journal anew, whole or not at all: the last one may end in half a line."""
        head = {"version": _VERSION, "chunk_bytes": self.chunk_bytes, **asdict(self.identity)}
        lines = [json.dumps(head), *map(str, sorted(self._done))]
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.write_text("\n".join(lines) + "\n", encoding="ascii")
        draft.replace(self._path)
        flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW
        self._descriptor = os.open(self._path, flags)


def read_journal(path: Path) -> tuple[Identity, int, set[int]] | None:
    """Return what a journal says: identity, size of a chunk, chunks; None if it says nothing."""
    try:
        if path.stat().st_size > MAX_JOURNAL_BYTES:
            return None
        first, *lines = path.read_text(encoding="ascii").split("\n")
        head = json.loads(first)
        identity = Identity(size_bytes=head["size_bytes"], tag=head["tag"])
        chunk_bytes = head["chunk_bytes"]
        usable = head["version"] == _VERSION and 0 < chunk_bytes <= MAX_CHUNK_BYTES
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not usable:
        return None
    num_chunks = -(-identity.size_bytes // chunk_bytes)
    # What follows the last line break is half a line, or nothing.
    done = {int(line) for line in lines[:-1] if line.isdecimal() and len(line) < 10}
    return identity, chunk_bytes, {index for index in done if index < num_chunks}


def kept_bytes(path: Path, identity: Identity) -> int:
    """Return how many bytes of a file an earlier attempt has left, by its journal."""
    kept = read_journal(path)
    if kept is None or kept[0] != identity:
        return 0
    return _done_bytes(*kept)


def _done_bytes(identity: Identity, chunk_bytes: int, done: set[int]) -> int:
    total = len(done) * chunk_bytes
    last = -(-identity.size_bytes // chunk_bytes) - 1
    if last in done:
        total -= (last + 1) * chunk_bytes - identity.size_bytes
    return total
