"""The tensor table of a GGUF file, and the proof that every tensor lies inside the file.

A tensor's size is computed from its shape and type in Python's unbounded integers, then compared
with the file before anything maps it. llama.cpp wants the tensors back to back in the order of the
table, each padded to the alignment; so does this reader, which leaves no room for overlaps.
"""

from __future__ import annotations

import functools
import math
import struct
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from hearth.models.gguf.reader import BoundedReader

MAX_TENSORS = 65_536  # of a model, all its parts together; each takes some 500 bytes of memory
MAX_NAME_BYTES = 63  # llama.cpp keeps 64 with the closing zero
MAX_DIMS = 4
MAX_ELEMENTS = 2**63 - 1
MIN_ENTRY_BYTES = 33  # name length, one letter, dimensions, one of them, type, offset

_COUNT = struct.Struct("<Q")
_NUM_DIMS = struct.Struct("<I")
_TYPE_AND_OFFSET = struct.Struct("<IQ")
_SHAPES = {num_dims: struct.Struct(f"<{num_dims}Q") for num_dims in range(1, MAX_DIMS + 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorType:
    """How weights are packed: `block` weights take `block_bytes` bytes."""

    name: str
    block: int
    block_bytes: int

    def row_bytes(self, num_elements: int) -> int:
        """Return the bytes of a row; the caller has checked that blocks fill it."""
        return num_elements // self.block * self.block_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """One line of the tensor table.

    Args:
        shape: Elements per dimension, the fastest-varying (columns) first.
        offset: Bytes from the start of the data part.
    """

    name: str
    shape: tuple[int, ...]
    type: TensorType
    offset: int
    size_bytes: int

    @property
    def num_elements(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)


@functools.cache
def tensor_types() -> Mapping[int, TensorType]:
    """Return the tensor types by their number in a file."""
    text = resources.files("hearth.models.gguf").joinpath("tensor_types.toml").read_text("utf-8")
    return {
        int(number): TensorType(name=row["name"], block=row["block"], block_bytes=row["bytes"])
        for number, row in tomllib.loads(text).items()
    }


def read_tensors(
    reader: BoundedReader, num_tensors: int, alignment: int
) -> tuple[tuple[TensorInfo, ...], int]:
    """Read the table; return it with the bytes that its data takes up to the last tensor's end.

    Raises:
        BadModelFile: A line is malformed, or the tensors do not lie back to back.
    """
    found: dict[str, TensorInfo] = {}
    end = 0
    for index in range(num_tensors):
        tensor = _read_tensor(reader, index)
        if tensor.name in found:
            raise reader.fail(f"tensor {index} ({tensor.name}) appears twice")
        _check_offset(reader, tensor, _padded(end, alignment), alignment)
        found[tensor.name] = tensor
        end = tensor.offset + tensor.size_bytes
    return tuple(found.values()), end


def _read_tensor(reader: BoundedReader, index: int) -> TensorInfo:
    name = _read_name(reader, index)
    shape = _read_shape(reader, name)
    number, offset = reader.unpack(_TYPE_AND_OFFSET, f"tensor {name}")
    kind = tensor_types().get(number)
    if kind is None:
        raise reader.fail(f"tensor {name} has the unknown or removed type {number}")
    if shape[0] % kind.block:
        raise reader.fail(
            f"tensor {name} has rows of {shape[0]:,} weights, but {kind.name} packs "
            f"{kind.block} at a time"
        )
    size_bytes = kind.row_bytes(math.prod(shape))
    return TensorInfo(name=name, shape=shape, type=kind, offset=offset, size_bytes=size_bytes)


def _read_name(reader: BoundedReader, index: int) -> str:
    what = f"the name of tensor {index}"
    (length,) = reader.unpack(_COUNT, what)
    if not 1 <= length <= MAX_NAME_BYTES:
        raise reader.fail(
            f"{what} claims {length:,} bytes; 1 to {MAX_NAME_BYTES} are allowed",
        )
    raw = reader.take(length, what)
    name = raw.decode("utf-8", "replace")
    if not name.isprintable() or "/" in name or "\\" in name or ".." in name or "�" in name:
        raise reader.fail(f"{what} is not allowed: {raw!r}")
    return name


def _read_shape(reader: BoundedReader, name: str) -> tuple[int, ...]:
    (num_dims,) = reader.unpack(_NUM_DIMS, f"tensor {name}")
    if num_dims not in _SHAPES:
        raise reader.fail(f"tensor {name} has {num_dims:,} dimensions; 1 to {MAX_DIMS} are allowed")
    shape = reader.unpack(_SHAPES[num_dims], f"tensor {name}")
    # Dimensions are signed in llama.cpp, so a negative one shows as 2^63 or more here.
    if 0 in shape or math.prod(shape) > MAX_ELEMENTS:
        raise reader.fail(f"tensor {name} has the impossible shape {shape}")
    return shape


def _check_offset(reader: BoundedReader, tensor: TensorInfo, expected: int, alignment: int) -> None:
    if tensor.offset == expected:
        return
    if tensor.offset % alignment:
        fault = f"which is no multiple of the alignment {alignment}"
    elif tensor.offset < expected:
        fault = f"inside the tensors before it, which end at {expected:,}"
    else:
        fault = f"with a gap after the tensors before it, which end at {expected:,}"
    raise reader.fail(f"tensor {tensor.name} starts at {tensor.offset:,}, {fault}")


def _padded(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
