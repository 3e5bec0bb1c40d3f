"""The compressed file: what made it, then the chunks.

    magic      8 bytes, with the version of the format
    length     of the header, 4 bytes, little-endian
    header     msgpack: what can decode it, and a table of the chunks
    checksum   CRC-32 of the header, 4 bytes
    payloads   one after the other

A model's probabilities differ from machine to machine in their last bits, and one bit changes
everything behind it. So the header names the model's bytes, the engine's build and its settings;
and it holds a digest of what this model makes, here, of a few fixed tokens, down to the whole
numbers that the coder uses. A decoder that comes to another digest refuses to begin.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from hearth.errors import InvalidRequest
from hearth.measure.zip.chunks import Chunk, Method

MAGIC = b"HEARTHZ1"
LENGTH_BYTES = 4
MAX_HEADER_BYTES = 256 << 20
MAX_CHUNK_BYTES = 1 << 20
DAMAGED = "Use another copy of the file, or compress the original again."


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One row of the table; see `Chunk`."""

    method: int
    num_bytes: int
    num_tokens: int
    checksum: int
    payload_bytes: int


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can decode the file.

    Args:
        model: The model's name, for people; its bytes are `digest`.
        digest: SHA-256 of the model.
        engine: The engine's version and what it was built for.
        numpy: Version of NumPy.
        settings: What the model was loaded with.
        probe: Digest of what the model makes of a few fixed tokens.
        num_lanes: Chunks that are coded side by side.
        chunks: In the order of the original.
    """

    model: str
    digest: str
    engine: str
    numpy: str
    settings: dict[str, Any]
    probe: str
    num_lanes: int
    chunks: list[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A compressed file.

    Args:
        header: What can decode it.
        chunks: In the order of the original.
    """

    header: Header
    chunks: tuple[Chunk, ...]

    def to_bytes(self) -> bytes:
        """Return the file."""
        header = msgspec.msgpack.encode(self.header)
        return b"".join(
            (
                MAGIC,
                len(header).to_bytes(LENGTH_BYTES, "little"),
                header,
                zlib.crc32(header).to_bytes(LENGTH_BYTES, "little"),
                *(chunk.payload for chunk in self.chunks),
            )
        )

    @staticmethod
    def from_bytes(data: bytes) -> Container:
        """Read a file.

        Raises:
            InvalidRequest: It is no such file, or is damaged.
        """
        if data[: len(MAGIC)] != MAGIC:
            raise InvalidRequest(
                "This is no file that `hearth zip` made, or one of another version.",
                hint="`hearth zip FILE` makes one.",
            )
        begin = len(MAGIC) + LENGTH_BYTES
        length = int.from_bytes(data[len(MAGIC) : begin], "little")
        end = begin + length
        checksum = int.from_bytes(data[end : end + LENGTH_BYTES], "little")
        if length > MAX_HEADER_BYTES or zlib.crc32(data[begin:end]) != checksum:
            raise InvalidRequest("The compressed file is damaged at its beginning.", hint=DAMAGED)
        try:
            header = msgspec.msgpack.decode(data[begin:end], type=Header)
        except msgspec.MsgspecError as error:
            raise InvalidRequest(
                f"The compressed file is damaged: {error}.", hint=DAMAGED
            ) from error
        return Container(header=header, chunks=_chunks(header, data[end + LENGTH_BYTES :]))


def header_for(
    model: str,
    identity: Mapping[str, Any],
    num_lanes: int,
    chunks: tuple[Chunk, ...],
) -> Header:
    """Return the header of chunks.

    Args:
        model: The model's name.
        identity: The fields that say what can decode it; see `Header`.
        num_lanes: Chunks that are coded side by side.
        chunks: The chunks.
    """
    entries = [
        Entry(chunk.method, chunk.num_bytes, chunk.num_tokens, chunk.checksum, len(chunk.payload))
        for chunk in chunks
    ]
    return Header(model=model, num_lanes=num_lanes, chunks=entries, **identity)


def _chunks(header: Header, payloads: bytes) -> tuple[Chunk, ...]:
    chunks, place = [], 0
    for entry in header.chunks:
        is_sound = (
            entry.method in {each.value for each in Method}
            and 0 < entry.num_bytes <= MAX_CHUNK_BYTES
            and 0 <= entry.num_tokens <= entry.num_bytes
            and (entry.num_tokens > 0) == (entry.method == Method.MODEL)
            and 0 <= entry.payload_bytes <= len(payloads) - place
        )
        if not is_sound:
            raise InvalidRequest("The compressed file is damaged: it ends too soon.", hint=DAMAGED)
        end = place + entry.payload_bytes
        chunks.append(
            Chunk(
                method=Method(entry.method),
                num_bytes=entry.num_bytes,
                num_tokens=entry.num_tokens,
                checksum=entry.checksum,
                payload=payloads[place:end],
            )
        )
        place = end
    if place != len(payloads):
        raise InvalidRequest("The compressed file is damaged: it goes on too long.", hint=DAMAGED)
    return tuple(chunks)
