"""A cheap identity of a model file: enough to see the same bytes twice before they are hashed.

It is the SHA-256 of the file's size, its first 64 KiB (the header) and 64 blocks of 4 KiB spread
evenly to the end. Two models of one shape differ in nearly every block of every tensor that
training touched, so that files which agree in all of it hold the same model; still it is a claim,
and hashing all bytes is what proves it.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hearth.errors import BadModelFile
from hearth.models.labels import plain

HEAD_BYTES = 64 << 10
BLOCK_BYTES = 4 << 10
NUM_BLOCKS = 64


def sample(path: Path) -> str:
    """Return the identity of a file.

    Args:
        path: A regular file; at most 320 KiB of it are read.

    Raises:
        BadModelFile: The file cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return _sample(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise BadModelFile(
            f"{plain(path, 300)} cannot be read: {error.strerror or error}."
        ) from error


def _sample(descriptor: int) -> str:
    size_bytes = os.fstat(descriptor).st_size
    digest = hashlib.sha256(f"{size_bytes}\n".encode())
    digest.update(os.pread(descriptor, HEAD_BYTES, 0))
    spread_bytes = size_bytes - HEAD_BYTES - BLOCK_BYTES
    if spread_bytes > 0:
        for number in range(NUM_BLOCKS):
            offset = HEAD_BYTES + spread_bytes * number // (NUM_BLOCKS - 1)
            digest.update(os.pread(descriptor, BLOCK_BYTES, offset))
    return digest.hexdigest()
