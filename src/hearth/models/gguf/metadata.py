"""The metadata of a GGUF file: keys with typed values, in the order of the file.

Long arrays (a vocabulary has 50,000 to 300,000 strings) are measured and left where they are; the
count is what planning needs. Layout: docs/gguf.md of ggml.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from hearth.models.gguf.reader import BoundedReader
from hearth.models.labels import plain

MAX_KEYS = 16_384
MAX_KEY_BYTES = 65_535
MAX_STRING_BYTES = 2 * 1024 * 1024  # longer strings stay in the file
# Of all strings together, beyond which they stay in the file. One character outside of the Basic
# Multilingual Plane makes Python keep four bytes for each of its string.
MAX_KEPT_BYTES = 4 * 1024 * 1024
MAX_STRINGS = 4_000_000  # of all arrays together; each is looked at, to find the next
MAX_STRINGS_BYTES = 256 * 1024 * 1024  # of all arrays together; they are read, and may be far away
MAX_SMALL_ARRAY = 1024  # elements; longer arrays stay in the file
MAX_KEPT_ELEMENTS = 131_072  # of all arrays together; above it they stay in the file, too
MIN_ENTRY_BYTES = 14  # key length, one letter, value type, one byte


class ValueType(IntEnum):
    """Type numbers of metadata values."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12


Scalar = int | float | bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufArray:
    """An array in the metadata.

    Args:
        element_type: Type of each element; never an array.
        count: Number of elements.
        position: Offset of the first element in the file.
        size_bytes: Bytes of all elements, the length prefixes of strings included.
        values: The elements of a short array; None when they were left in the file.
    """

    element_type: ValueType
    count: int
    position: int
    size_bytes: int
    values: tuple[Scalar, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LongText:
    """A string that is too long to keep: where it is in the file."""

    position: int
    size_bytes: int


Value = Scalar | GgufArray | LongText

_COUNT = struct.Struct("<Q")
_TYPE = struct.Struct("<I")
_LAYOUTS = {
    ValueType.UINT8: struct.Struct("<B"),
    ValueType.INT8: struct.Struct("<b"),
    ValueType.UINT16: struct.Struct("<H"),
    ValueType.INT16: struct.Struct("<h"),
    ValueType.UINT32: struct.Struct("<I"),
    ValueType.INT32: struct.Struct("<i"),
    ValueType.FLOAT32: struct.Struct("<f"),
    ValueType.BOOL: struct.Struct("<B"),
    ValueType.UINT64: struct.Struct("<Q"),
    ValueType.INT64: struct.Struct("<q"),
    ValueType.FLOAT64: struct.Struct("<d"),
}


class MetadataReader:
    """Reads the key-value part of one file, within a budget of kept bytes."""

    def __init__(self, reader: BoundedReader) -> None:
        self.warnings: list[str] = []
        self._reader = reader
        self._budget_bytes = MAX_KEPT_BYTES
        self._budget_elements = MAX_KEPT_ELEMENTS
        self._budget_strings = MAX_STRINGS
        self._budget_strings_bytes = MAX_STRINGS_BYTES

    def read(self, num_keys: int) -> Mapping[str, Value]:
        """Read all entries.

        Raises:
            BadModelFile: An entry is malformed or claims more than the file holds.
        """
        found: dict[str, Value] = {}
        for index in range(num_keys):
            key = self._key(index)
            if key in found:
                raise self._reader.fail(f"metadata key {index} ({key}) appears twice")
            found[key] = self._entry_value(key)
        return found

    def _key(self, index: int) -> str:
        what = f"metadata key {index}"
        (length,) = self._reader.unpack(_COUNT, what)
        if not 1 <= length <= MAX_KEY_BYTES:
            raise self._reader.fail(
                f"{what} claims {length:,} bytes; 1 to {MAX_KEY_BYTES:,} are allowed"
            )
        if length > self._budget_bytes:
            raise self._reader.fail(f"its metadata has more than {MAX_KEPT_BYTES:,} bytes of text")
        self._budget_bytes -= length
        raw = self._reader.take(length, what)
        if not raw.isascii() or not raw.decode("ascii").isprintable():
            raise self._reader.fail(f"{what} is not plain ASCII: {raw[:60]!r}")
        return raw.decode("ascii")

    def _entry_value(self, key: str) -> Value:
        kind = self._type(key)
        if key == "general.alignment" and kind is not ValueType.UINT32:
            raise self._reader.fail(f"general.alignment has type {kind.name} instead of UINT32")
        if kind is ValueType.ARRAY:
            return self._array(key)
        return self._single(kind, key)

    def _type(self, key: str) -> ValueType:
        (number,) = self._reader.unpack(_TYPE, f"the type of {key}")
        try:
            return ValueType(number)
        except ValueError:
            raise self._reader.fail(f"{key} has the unknown value type {number}") from None

    def _single(self, kind: ValueType, key: str) -> Scalar | LongText:
        if kind is ValueType.STRING:
            return self._string(key)
        (value,) = self._reader.unpack(_LAYOUTS[kind], key)
        return self._truth(value, key) if kind is ValueType.BOOL else value

    def _string(self, key: str) -> str | LongText:
        (length,) = self._reader.unpack(_COUNT, key)
        self._reader.require(length, key)
        if length > min(MAX_STRING_BYTES, self._budget_bytes):
            position = self._reader.position
            self._reader.skip(length, key)
            return LongText(position=position, size_bytes=length)
        self._budget_bytes -= length
        raw = self._reader.take(length, key)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self.warnings.append(f"{plain(key)} is not valid UTF-8; bad bytes were replaced")
            return raw.decode("utf-8", "replace")

    def _array(self, key: str) -> GgufArray:
        kind = self._type(key)
        if kind is ValueType.ARRAY:
            raise self._reader.fail(f"{key} is an array of arrays, which is not allowed")
        (count,) = self._reader.unpack(_COUNT, key)
        element_bytes = _COUNT.size if kind is ValueType.STRING else _LAYOUTS[kind].size
        # The least that so many elements need is there, or nothing is read at all.
        self._reader.require(count * element_bytes, f"{key} ({count:,} elements)")
        position = self._reader.position
        values = self._elements(kind, count, key)
        return GgufArray(
            element_type=kind,
            count=count,
            position=position,
            size_bytes=self._reader.position - position,
            values=values,
        )

    def _elements(self, kind: ValueType, count: int, key: str) -> tuple[Scalar, ...] | None:
        if kind is ValueType.STRING:
            self._skip_strings(count, key)
            return None
        if count > min(MAX_SMALL_ARRAY, self._budget_elements):
            self._reader.skip(count * _LAYOUTS[kind].size, key)
            return None
        self._budget_elements -= count
        layout = struct.Struct(f"<{count}{_LAYOUTS[kind].format[1:]}")
        values = self._reader.unpack(layout, key)
        if kind is not ValueType.BOOL:
            return values
        return tuple(self._truth(value, key) for value in values)

    def _skip_strings(self, count: int, key: str) -> None:
        if count > self._budget_strings:
            raise self._reader.fail(f"its arrays have more than {MAX_STRINGS:,} strings")
        self._budget_strings -= count
        start = self._reader.position
        if not self._reader.skip_strings(count, key, max_bytes=self._budget_strings_bytes):
            limit = f"{MAX_STRINGS_BYTES:,} bytes"
            raise self._reader.fail(f"the strings of its arrays take more than {limit}")
        self._budget_strings_bytes -= self._reader.position - start

    def _truth(self, byte: int, key: str) -> bool:
        if byte > 1:
            raise self._reader.fail(f"{key} has a truth value with byte {byte}")
        return bool(byte)
