"""Frames on a pipe: four bytes of length (little-endian), and as many bytes of payload.

The length is checked before anything is read or sent, on both sides: whoever is on the other end
may have lost its mind.
"""

from __future__ import annotations

from asyncio import StreamReader
from typing import BinaryIO

HEADER_BYTES = 4
MAX_FRAME_BYTES = 64 << 20


def frame(payload: bytes) -> bytes:
    """Return a payload as a frame.

    Raises:
        ValueError: It is longer than a frame may be.
    """
    return _checked(len(payload)).to_bytes(HEADER_BYTES, "little") + payload


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read a payload; None at the end of the pipe, also in the middle of a frame.

    Raises:
        ValueError: The frame claims to be longer than a frame may be.
    """
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return None
    length = _checked(int.from_bytes(header, "little"))
    payload = stream.read(length)
    return payload if len(payload) == length else None


async def receive_frame(reader: StreamReader) -> bytes:
    """Read a payload.

    Raises:
        EOFError: The pipe ended before the frame did.
        ValueError: The frame claims to be longer than a frame may be.
    """
    header = await reader.readexactly(HEADER_BYTES)
    return await reader.readexactly(_checked(int.from_bytes(header, "little")))


def _checked(length: int) -> int:
    if length > MAX_FRAME_BYTES:
        raise ValueError(f"a frame of {length:,} bytes; at most {MAX_FRAME_BYTES:,} are allowed")
    return length
