"""Write the header of a GGUF file (version 3): the counterpart of `hearth.models.gguf.header`.

Layout: docs/gguf.md of ggml. Whole numbers are written as UINT32 and fractions as FLOAT32, which
is what llama.cpp wants of the keys that it reads.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable, Mapping, Sequence

from hearth.models.blueprint.parts import Shape
from hearth.models.gguf.header import DEFAULT_ALIGNMENT, MAGIC
from hearth.models.gguf.metadata import GgufArray, LongText, Scalar, Value, ValueType
from hearth.models.gguf.tensors import TensorInfo, TensorType, tensor_types

GGUF_VERSION = 3

_FORMATS = {
    ValueType.UINT8: "<B",
    ValueType.INT8: "<b",
    ValueType.UINT16: "<H",
    ValueType.INT16: "<h",
    ValueType.UINT32: "<I",
    ValueType.INT32: "<i",
    ValueType.FLOAT32: "<f",
    ValueType.BOOL: "<?",
    ValueType.UINT64: "<Q",
    ValueType.INT64: "<q",
    ValueType.FLOAT64: "<d",
}


def placed(tensors: Iterable[tuple[str, Shape, TensorType]]) -> tuple[TensorInfo, ...]:
    """Lay tensors one behind the other, each padded to the alignment.

    Args:
        tensors: Name, shape and type of each, in the order of the file.
    """
    table, offset = [], 0
    for name, shape, kind in tensors:
        size_bytes = kind.row_bytes(shape[0]) * num_rows(shape)
        table.append(
            TensorInfo(name=name, shape=shape, type=kind, offset=offset, size_bytes=size_bytes)
        )
        offset = padded(offset + size_bytes)
    return tuple(table)


def num_rows(shape: Shape) -> int:
    """Return the rows of a tensor: all dimensions but the first, multiplied."""
    return functools.reduce(lambda rows, size: rows * size, shape[1:], 1)


def data_bytes(tensors: Sequence[TensorInfo]) -> int:
    """Return the bytes of the data part, the last tensor's padding included."""
    return padded(tensors[-1].offset + tensors[-1].size_bytes) if tensors else 0


def padded(position: int) -> int:
    """Return the next position that is a multiple of the alignment."""
    return -(-position // DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT


def header_bytes(entries: bytes, num_entries: int, tensors: Sequence[TensorInfo]) -> bytes:
    """Return all that stands before the first tensor's data.

    Args:
        entries: The metadata entries, encoded one behind the other.
        num_entries: How many they are.
        tensors: The tensor table.
    """
    counts = struct.pack("<4sIQQ", MAGIC, GGUF_VERSION, len(tensors), num_entries)
    numbers = {kind: number for number, kind in tensor_types().items()}
    lines = b"".join(_line(tensor, numbers[tensor.type]) for tensor in tensors)
    head = counts + entries + lines
    return head + bytes(padded(len(head)) - len(head))


def scalar_bytes() -> Mapping[int, int]:
    """Return the bytes of one value of each type of a fixed size, by its number."""
    return {int(kind): struct.calcsize(layout) for kind, layout in _FORMATS.items()}


def encode_metadata(metadata: Mapping[str, Value]) -> bytes:
    """Return metadata entries as they stand in a file.

    Raises:
        ValueError: A value was left in the file that it is from, and cannot be written again.
    """
    return b"".join(encode_entry(key, value) for key, value in metadata.items())


def encode_entry(key: str, value: Value) -> bytes:
    """Return one metadata entry; see `encode_metadata`."""
    if isinstance(value, GgufArray):
        if value.values is None:
            raise ValueError(f"the elements of {key} are not in memory")
        head = struct.pack("<IIQ", ValueType.ARRAY, value.element_type, len(value.values))
        elements = b"".join(_value(value.element_type, each) for each in value.values)
        return _string(key) + head + elements
    if isinstance(value, LongText):
        raise ValueError(f"the text of {key} is not in memory")
    kind = _type_of(value)
    return _string(key) + struct.pack("<I", kind) + _value(kind, value)


def _type_of(value: Scalar) -> ValueType:
    if isinstance(value, bool):
        return ValueType.BOOL
    if isinstance(value, int):
        return _int_type(value)
    return ValueType.FLOAT32 if isinstance(value, float) else ValueType.STRING


def _int_type(value: int) -> ValueType:
    """Return the type that the engine expects; odd numbers get one that they fit into."""
    if value < 0:
        return ValueType.INT32 if value >= -(2**31) else ValueType.INT64
    return ValueType.UINT32 if value < 2**32 else ValueType.UINT64


def _value(kind: ValueType, value: Scalar) -> bytes:
    return _string(str(value)) if kind is ValueType.STRING else struct.pack(_FORMATS[kind], value)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _line(tensor: TensorInfo, type_number: int) -> bytes:
    num_dims = len(tensor.shape)
    shape = struct.pack(f"<I{num_dims}Q", num_dims, *tensor.shape)
    return _string(tensor.name) + shape + struct.pack("<IQ", type_number, tensor.offset)
