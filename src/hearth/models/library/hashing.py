"""SHA-256 of model files, at the speed of the disk or of one core, whichever is lower.

The system reads ahead while a block is hashed, so that a reader of our own on a second core gains
nothing, with the file in memory or not (measured: `benchmarks/hashing.py`, which also compares with
`sha256sum`). The block fits the core's cache. Several files are hashed side by side.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from threading import Lock

from hearth.errors import BadModelFile, RequestAborted
from hearth.models.labels import plain

BLOCK_BYTES = 256 << 10
FILES_AT_ONCE = 2

OnProgress = Callable[[int], None]  # bytes since the last call
Cancelled = Callable[[], bool]


def never() -> bool:
    """Say that nobody has cancelled."""
    return False


def sha256_of(
    path: Path, *, on_progress: OnProgress | None = None, cancelled: Cancelled = never
) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal.

    Args:
        path: A regular file; it is only read.
        on_progress: Called after each block with its size in bytes, from the calling thread.
        cancelled: Asked before each block.

    Raises:
        BadModelFile: The file cannot be read to its end, or was changed meanwhile.
        RequestAborted: It was cancelled.
    """
    try:
        with path.open("rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            digest = _hash_blocks(file, before.st_size, on_progress, cancelled)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise BadModelFile(
            f"{plain(path, 300)} cannot be read: {error.strerror or error}.",
            hint="Check the disk and its connection.",
        ) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise BadModelFile(
            f"{plain(path, 300)} was changed while it was read.",
            hint="Wait until the program that writes it is done, and try again.",
        )
    return digest


def hash_files(
    paths: Iterable[Path], *, on_progress: OnProgress | None = None, cancelled: Cancelled = never
) -> dict[Path, str | BadModelFile]:
    """Return the SHA-256 of several files, or for each that cannot be read what is wrong with it.

    Args:
        paths: Regular files.
        on_progress: Called after each block with its size in bytes, from one thread at a time.
        cancelled: Asked before each block.

    Raises:
        RequestAborted: It was cancelled.
    """
    lock = Lock()

    def report(num_bytes: int) -> None:
        if on_progress is not None:
            with lock:
                on_progress(num_bytes)

    def one(path: Path) -> str | BadModelFile:
        try:
            return sha256_of(path, on_progress=report, cancelled=cancelled)
        except BadModelFile as error:
            return error

    wanted = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="hash") as workers:
        return dict(zip(wanted, workers.map(one, wanted), strict=True))


def digest_of_files(digests: Iterable[str]) -> str:
    """Return the digest of a model from those of its files, in order."""
    listed = list(digests)
    if len(listed) == 1:
        return listed[0]
    return hashlib.sha256("".join(f"{digest}\n" for digest in listed).encode()).hexdigest()


def _hash_blocks(
    file: FileIO, size_bytes: int, on_progress: OnProgress | None, cancelled: Cancelled
) -> str:
    digest, num_hashed = hashlib.sha256(), 0
    block = memoryview(bytearray(BLOCK_BYTES))
    # A file that grows is not followed for ever; the caller sees that it was changed.
    while num_hashed < size_bytes and (num_bytes := file.readinto(block)):
        if cancelled():
            raise RequestAborted("The hashing was cancelled.")
        digest.update(block[:num_bytes])
        num_hashed += num_bytes
        if on_progress is not None:
            on_progress(num_bytes)
    return digest.hexdigest()
