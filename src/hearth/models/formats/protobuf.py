"""Walk through a message of Protocol Buffers without reading what is in the way.

A message is a row of fields, each a number and a value; nested messages, texts and bytes are a
length and that many bytes, and can be stepped over. Source: the encoding guide of protobuf.dev.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hearth.errors import BadModelFile
from hearth.models.bytes import ByteSource, bad_file

MAX_FIELDS = 1_000_000
WINDOW_BYTES = 64 * 1024
_MAX_VARINT_BYTES = 10
_FIXED_BYTES = {1: 8, 5: 4}
_VARINT, _DELIMITED = 0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field.

    Args:
        value: The number of a numeric field; None for others.
        start: Where its bytes begin in the file; the same as `end` for numeric fields.
        end: Where they end.
    """

    number: int
    value: int | None = None
    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """Bytes of a text, of bytes, or of a nested message."""
        return self.end - self.start


class MessageReader:
    """Reads messages of one file, a window at a time.

    Args:
        source: The file's bytes.
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._window = b""
        self._base = 0
        self._num_fields = 0

    def fields(self, start: int, end: int) -> Iterator[Field]:
        """Yield the fields of the message between two offsets.

        Raises:
            BadModelFile: A field is malformed or reaches over the end.
        """
        at = start
        while at < end:
            self._num_fields += 1
            if self._num_fields > MAX_FIELDS:
                raise self._fail(f"it has more than {MAX_FIELDS:,} fields")
            key, at = self._varint(at, end)
            number, kind = key >> 3, key & 7
            if kind == _VARINT:
                value, at = self._varint(at, end)
                yield Field(number=number, value=value, start=at, end=at)
                continue
            if kind == _DELIMITED:
                length, at = self._varint(at, end)
            elif kind in _FIXED_BYTES:
                length = _FIXED_BYTES[kind]
            else:
                raise self._fail(f"it has a field of the unknown kind {kind}")
            if length > end - at:
                raise self._fail("a field reaches over its end")
            yield Field(number=number, start=at, end=at + length)
            at += length

    def message(self, field: Field) -> Iterator[Field]:
        """Yield the fields of a nested message."""
        return self.fields(field.start, field.end)

    def text(self, field: Field, max_bytes: int) -> str:
        """Return a text field; bytes that are no UTF-8 are replaced.

        Raises:
            BadModelFile: It is longer than allowed.
        """
        if field.size_bytes > max_bytes:
            raise self._fail(f"it has a name of {field.size_bytes:,} bytes")
        return self._bytes(field.start, field.size_bytes).decode("utf-8", "replace")

    def numbers(self, field: Field, max_count: int) -> list[int]:
        """Return the numbers of a repeated field, which may be packed into one.

        Raises:
            BadModelFile: There are more than allowed.
        """
        if field.value is not None:
            return [field.value]
        found: list[int] = []
        at = field.start
        while at < field.end:
            if len(found) == max_count:
                raise self._fail(f"it has a shape of more than {max_count} dimensions")
            value, at = self._varint(at, field.end)
            found.append(value)
        return found

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        raw = self._bytes(at, min(_MAX_VARINT_BYTES, end - at))
        value = 0
        for index, byte in enumerate(raw):
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value, at + index + 1
        raise self._fail("a number in it has no end")

    def _bytes(self, at: int, length: int) -> bytes:
        if not self._base <= at <= at + length <= self._base + len(self._window):
            wanted = min(max(length, WINDOW_BYTES), self._source.size_bytes - at)
            self._base, self._window = at, self._source.read(at, wanted)
        start = at - self._base
        return self._window[start : start + length]

    def _fail(self, reason: str) -> BadModelFile:
        return bad_file(self._source.name, reason)
