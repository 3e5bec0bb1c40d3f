"""A block's file: a checksum, what the block is, its keys and values.

    8 bytes   magic
    32 bytes  SHA-256 of all that follows
    4 bytes   length of the header, little-endian
    header    msgpack: whose cache it belongs to, its name, its tokens
    state     in the engine's own layout

The engine takes a state without looking at it, and a wrong byte would speak in every answer that
begins with the text. So a file is used only if every byte is what was written, and if it is the
very block that was asked for. SHA-256 is the fastest sound hash of the standard library on
processors that have instructions for it (docs/log.md).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import msgspec

from hearth.engine.prefixes.keys import BlockName

MAGIC = b"HEARTHKV"
DIGEST_BYTES = 32
LENGTH_BYTES = 4
BEFORE_HEADER = len(MAGIC) + DIGEST_BYTES + LENGTH_BYTES
FIRST_READ_BYTES = 4096  # has the header of nearly every block
MAX_HEADER_BYTES = 16 << 20
MAX_STATE_BYTES = 256 << 20  # a block of the largest models has 40 MB
MAX_FILE_BYTES = MAX_HEADER_BYTES + MAX_STATE_BYTES


class BlockHeader(msgspec.Struct, frozen=True, array_like=True):
    """What a block is.

    Args:
        namespace: Digest of what computed it.
        name: The name of its file.
        tokens: Its own tokens.
        size_bytes: Bytes of its state.
    """

    namespace: bytes
    name: str
    tokens: list[int]
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlock:
    """A block that was read whole and unharmed."""

    tokens: list[int]
    state: memoryview


class Damaged(Exception):
    """A file is not what was once written for its name."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(BlockHeader).decode


def write_block(
    path: Path, name: BlockName, *, namespace: bytes, tokens: Sequence[int], state: memoryview
) -> int:
    """Write a new file that only its owner may read; return its size.

    It is not forced to the disk: what a power cut leaves of it fails its checksum.

    Args:
        path: A temporary place in the block's file system; nothing is there.
        name: The block's name.
        namespace: Digest of what computed it.
        tokens: The block's tokens.
        state: Its keys and values.

    Raises:
        OSError: It cannot be written; what was written of it may be left.
    """
    header = _encode(BlockHeader(namespace, str(name), list(tokens), len(state)))
    framed = len(header).to_bytes(LENGTH_BYTES, "little") + header
    digest = hashlib.sha256(framed)
    digest.update(state)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        for part in (memoryview(MAGIC + digest.digest() + framed), state):
            while part:
                part = part[file.write(part) :]
    return BEFORE_HEADER + len(header) + len(state)


def read_tokens(path: Path) -> list[int]:
    """Return the tokens that a file says it holds; whether that is true, `read_block` tells.

    Raises:
        OSError: It is gone, or cannot be read.
        Damaged: It is no block's file.
    """
    with _open(path) as file:
        data = file.read(FIRST_READ_BYTES)
        end = _header_end(data)
        if end > len(data):
            data += file.read(end - len(data))
    return _header(data).tokens


def read_block(path: Path, *, namespace: bytes, name: BlockName) -> StoredBlock:
    """Read a block and check every byte.

    Args:
        path: The file.
        namespace: Digest of what computes now.
        name: The block that is wanted.

    Raises:
        OSError: The file is gone, or cannot be read.
        Damaged: It is damaged, or another block; the message says why.
    """
    with _open(path) as file:
        data = memoryview(file.readall())
    header = _header(data)
    state = data[_header_end(data) :]
    if (header.namespace, header.name) != (namespace, str(name)):
        raise Damaged("it is another block")
    if (len(state), len(header.tokens)) != (header.size_bytes, name.count):
        raise Damaged(f"it has {len(state):,} bytes of {header.size_bytes:,}")
    start = len(MAGIC) + DIGEST_BYTES
    if hashlib.sha256(data[start:]).digest() != data[len(MAGIC) : start]:
        raise Damaged("its checksum is wrong")
    return StoredBlock(tokens=header.tokens, state=state)


def _open(path: Path) -> FileIO:
    """Open a regular file and nothing else: a pipe would keep us waiting for ever."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Damaged("it is a link") from error
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_FILE_BYTES:
        os.close(descriptor)
        raise Damaged(f"it is no file of at most {MAX_FILE_BYTES:,} bytes")
    return FileIO(descriptor)


def _header_end(data: bytes | memoryview) -> int:
    if len(data) < BEFORE_HEADER or bytes(data[: len(MAGIC)]) != MAGIC:
        raise Damaged("it is no block")
    length = int.from_bytes(data[BEFORE_HEADER - LENGTH_BYTES : BEFORE_HEADER], "little")
    if length > MAX_HEADER_BYTES:
        raise Damaged(f"its header claims {length:,} bytes")
    return BEFORE_HEADER + length


def _header(data: bytes | memoryview) -> BlockHeader:
    try:
        return _decode(data[BEFORE_HEADER : _header_end(data)])
    except ValueError as error:  # also msgspec's errors
        raise Damaged("its header is damaged") from error
