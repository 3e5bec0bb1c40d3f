"""A file cut into chunks that a model can hold, each compressed in the way that is smallest.

A chunk that is text is cut at a line's or word's end. Bytes that are no UTF-8, and text that the
model's tokens do not give back byte by byte, go to xz, or are stored as they are.
"""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from hearth.errors import InvalidRequest

# A chunk is small: xz need not keep a dictionary for more, which it would set up each time.
_FILTER = {"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 20}
_XZ = {"format": lzma.FORMAT_RAW, "filters": [_FILTER]}


class Method(IntEnum):
    """How a chunk is compressed."""

    STORED = 0
    XZ = 1
    MODEL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A compressed stretch of a file.

    Args:
        num_bytes: Of the original.
        num_tokens: That the model coded; 0 for the other methods.
        checksum: CRC-32 of the original.
    """

    method: Method
    num_bytes: int
    num_tokens: int
    checksum: int
    payload: bytes

    def check(self, original: bytes) -> bytes:
        """Return the original, or refuse what is not it.

        Raises:
            InvalidRequest: Length or checksum differ.
        """
        if len(original) != self.num_bytes or zlib.crc32(original) != self.checksum:
            raise InvalidRequest(
                "The compressed data are damaged: what came out is not what went in.",
                hint="Use another copy of the file.",
            )
        return original


def cut(data: bytes, most_bytes: int) -> Iterator[bytes]:
    """Cut a file into stretches of at most so many bytes, at the end of a line or a word."""
    begin = 0
    while begin < len(data):
        end = min(begin + most_bytes, len(data))
        if end < len(data):
            end = _good_end(data, begin, end)
        yield data[begin:end]
        begin = end


def as_text(piece: bytes) -> str | None:
    """Return bytes as text, or None where they are none."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None


def pack_plain(piece: bytes) -> Chunk:
    """Compress without a model, or store what does not become smaller."""
    packed = lzma.compress(piece, **_XZ)  # type: ignore[arg-type]
    smaller = len(packed) < len(piece)
    return Chunk(
        method=Method.XZ if smaller else Method.STORED,
        num_bytes=len(piece),
        num_tokens=0,
        checksum=zlib.crc32(piece),
        payload=packed if smaller else piece,
    )


def unpack_plain(chunk: Chunk) -> bytes:
    """Undo `pack_plain`.

    Raises:
        InvalidRequest: The data are damaged.
    """
    if chunk.method is Method.STORED:
        return chunk.check(chunk.payload)
    unpacker = lzma.LZMADecompressor(**_XZ)  # type: ignore[arg-type]
    try:
        # One byte more than is promised, so that a bomb is seen and not unpacked.
        return chunk.check(unpacker.decompress(chunk.payload, chunk.num_bytes + 1))
    except lzma.LZMAError as error:
        raise InvalidRequest(f"The compressed data are damaged: {error}.") from error


def _good_end(data: bytes, begin: int, end: int) -> int:
    """Return the last place before `end` where a line ends, a word ends, or a character begins."""
    middle = begin + (end - begin) // 2
    for mark in (b"\n", b" "):
        found = data.rfind(mark, middle, end)
        if found >= 0:
            return found + 1 if mark == b"\n" else found
    while end > begin + 1 and data[end] & 0xC0 == 0x80:  # inside of a character
        end -= 1
    return end
