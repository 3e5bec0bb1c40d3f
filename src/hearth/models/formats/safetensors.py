"""Read the header of a safetensors file as hostile input: bounds first, and no gap between tensors.

A file is eight bytes of length, a JSON header of that length, and the tensors' data. The offsets
must cover the data exactly, in order and without holes, so that nothing can hide in it and no two
names share bytes. Source of the format: README of huggingface/safetensors.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

from hearth.errors import BadModelFile
from hearth.models.bytes import ByteSource, bad_file
from hearth.models.card import TensorEntry
from hearth.models.formats.scanner import Scanner, read_texts

# The format allows 100 MB. The largest published header is under 2 MB, and memory for the tensors
# of a longer one would pass what a stranger's file may cost here.
MAX_HEADER_BYTES = 16 * 1024 * 1024
MAX_TENSORS = 65_536  # in one file
MAX_METADATA_ENTRIES = 4096
MAX_DIMS = 16
MAX_WEIGHTS = 2**63 - 1

_LENGTH = struct.Struct("<Q")

# Bits per element. Source: the enumeration Dtype of the safetensors crate, version 0.8.
_BITS = MappingProxyType(
    {
        **dict.fromkeys(("F4",), 4),
        **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
        **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
        **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
        **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
        **dict.fromkeys(("I32", "U32", "F32"), 32),
        **dict.fromkeys(("C64", "F64", "I64", "U64"), 64),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetensorsHeader:
    """Everything in a safetensors file but the weights.

    Args:
        metadata: The texts under `__metadata__`.
        tensors: In the order of their data.
        data_start: Offset of the first tensor's data in the file.
    """

    metadata: dict[str, str]
    tensors: tuple[TensorEntry, ...]
    data_start: int


def is_safetensors(start: bytes, size_bytes: int) -> bool:
    """Say whether a file begins like a safetensors file.

    Args:
        start: Its first nine bytes or more.
        size_bytes: Size of the whole file.
    """
    if len(start) <= _LENGTH.size or start[8:9] != b"{":
        return False
    return int(_LENGTH.unpack_from(start)[0]) <= size_bytes - _LENGTH.size


def read_safetensors(source: ByteSource, *, file: str | None = None) -> SafetensorsHeader:
    """Read and check the header of a safetensors file.

    Args:
        source: The file's bytes; only the header is read.
        file: What the tensors say that their file is called; by default the source's name.

    Raises:
        BadModelFile: The file is damaged, or claims something impossible.
    """
    return _HeaderReader(source, file or source.name).read()


class _HeaderReader:
    def __init__(self, source: ByteSource, file: str) -> None:
        self._source = source
        self._file = file
        self._data_start = 0

    def read(self) -> SafetensorsHeader:
        length = self._length()
        self._data_start = _LENGTH.size + length
        scanner = Scanner(self._source.read(_LENGTH.size, length), self._fail)
        metadata: dict[str, str] = {}
        tensors: list[TensorEntry] = []
        for name in scanner.pairs():
            if name == "__metadata__":
                metadata = read_texts(scanner, MAX_METADATA_ENTRIES, self._fail)
            elif len(tensors) == MAX_TENSORS:
                raise self._fail(f"it claims more than {MAX_TENSORS:,} tensors")
            else:
                tensors.append(self._tensor(name, scanner.flat_object()))
        scanner.finish()
        tensors.sort(key=lambda tensor: (tensor.offset or 0, tensor.size_bytes))
        self._check_layout(tensors)
        return SafetensorsHeader(
            metadata=metadata, tensors=tuple(tensors), data_start=self._data_start
        )

    def _fail(self, reason: str) -> BadModelFile:
        return bad_file(self._source.name, reason)

    def _length(self) -> int:
        size_bytes = self._source.size_bytes
        if size_bytes < _LENGTH.size:
            raise self._fail(f"it is only {size_bytes} bytes long")
        (length,) = _LENGTH.unpack(self._source.read(0, _LENGTH.size))
        if length > MAX_HEADER_BYTES:
            raise self._fail(
                f"its header claims {length:,} bytes; at most {MAX_HEADER_BYTES:,} are read"
            )
        if length > size_bytes - _LENGTH.size:
            raise self._cut_off(_LENGTH.size + length)
        return int(length)

    def _tensor(self, name: str, entry: dict[str, object]) -> TensorEntry:
        kind, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
        if len(entry) != 3 or not isinstance(kind, str):
            raise self._fail(f"tensor {name} lacks a type, a shape or offsets, or has more")
        if kind not in _BITS:
            raise self._fail(f"tensor {name} has the unknown type {kind!r}")
        if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
            raise self._fail(f"tensor {name} has an impossible shape or impossible offsets")
        num_elements = math.prod(shape)
        if len(shape) > MAX_DIMS or num_elements > MAX_WEIGHTS:
            raise self._fail(f"tensor {name} has the impossible shape {tuple(shape[:MAX_DIMS])}")
        size_bytes, rest = divmod(num_elements * _BITS[kind], 8)
        if rest or offsets[1] - offsets[0] != size_bytes:
            raise self._fail(
                f"tensor {name} needs {size_bytes:,} bytes and claims those from {offsets[0]:,} "
                f"to {offsets[1]:,}"
            )
        return TensorEntry(
            name=name,
            shape=tuple(shape),
            type=kind,
            size_bytes=size_bytes,
            num_weights=num_elements,
            file=self._file,
            offset=self._data_start + offsets[0],
        )

    def _check_layout(self, tensors: list[TensorEntry]) -> None:
        end = self._data_start
        for tensor in tensors:
            assert tensor.offset is not None  # set above
            if tensor.offset != end:
                fault = "overlaps the one before it" if tensor.offset < end else "follows a gap"
                raise self._fail(f"tensor {tensor.name} {fault}")
            end += tensor.size_bytes
        if end > self._source.size_bytes:
            raise self._cut_off(end)
        if end < self._source.size_bytes:
            raise self._fail(f"{self._source.size_bytes - end:,} bytes belong to no tensor")

    def _cut_off(self, needed_bytes: int) -> BadModelFile:
        return bad_file(
            self._source.name,
            f"it is cut off: the file is {self._source.size_bytes:,} bytes and needs "
            f"{needed_bytes:,}",
            "Download the model again; a partial download can usually be resumed.",
        )


def _are_sizes(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(
        isinstance(entry, int) and not isinstance(entry, bool) and 0 <= entry <= MAX_WEIGHTS
        for entry in value
    )
