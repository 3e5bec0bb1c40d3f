"""What the bytes of a file hash to, computed while they come.

Chunks arrive in any order and a hash needs them in one, so one thread follows the front of what is
there without a gap, and reads it back from the file: those bytes are still in memory then.
"""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Protocol

READ_BYTES = 1024 * 1024


class Hash(Protocol):
    """The part of a hashlib object that is used."""

    def update(self, data: bytes, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far."""


def sha256() -> Hash:
    """Return the hash that the hub names its large files by."""
    return hashlib.sha256()


def git_blob(size_bytes: int) -> Hash:
    """Return the hash that git names a file by: SHA-1 over a short header and the bytes."""
    return hashlib.sha1(b"blob %d\0" % size_bytes, usedforsecurity=False)


class Follower:
    """Hashes a file that is still being written, in a thread of its own.

    Args:
        descriptor: The open file.
        chunk_bytes: Size of its chunks.
        size_bytes: Its length when it is whole.
        present: Chunks that were there before.
        made: The hash.
    """

    def __init__(
        self, descriptor: int, *, chunk_bytes: int, size_bytes: int, present: set[int], made: Hash
    ) -> None:
        self._descriptor = descriptor
        self._chunk_bytes = chunk_bytes
        self._size_bytes = size_bytes
        self._present = set(present)
        self._hash = made
        self._changed = threading.Condition()
        self._stopped = False
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="pull-hash", daemon=True)
        self._thread.start()

    def add(self, index: int) -> None:
        """Say that a chunk has arrived."""
        with self._changed:
            self._present.add(index)
            self._changed.notify()

    def result(self) -> str:
        """Return the digest of the whole file; all its chunks must have been added.

        Raises:
            OSError: The file cannot be read back.
        """
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._hash.hexdigest()

    def stop(self) -> None:
        """Give up, and wait until the file is no longer read."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            for index in range(-(-self._size_bytes // self._chunk_bytes)):
                self._await(index)
                if self._stopped:
                    return
                start = index * self._chunk_bytes
                self._take(start, min(start + self._chunk_bytes, self._size_bytes))
        except OSError as error:
            self._failure = error

    def _await(self, index: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: index in self._present or self._stopped)

    def _take(self, offset: int, end: int) -> None:
        while offset < end and not self._stopped:
            data = os.pread(self._descriptor, min(READ_BYTES, end - offset), offset)
            if not data:
                raise OSError(5, "the file became shorter while it was written")
            self._hash.update(data)
            offset += len(data)
