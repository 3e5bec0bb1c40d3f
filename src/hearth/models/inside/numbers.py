"""The numbers of a tensor, whatever they are packed in: unpacked to float32, a piece at a time.

GGUF's quantized blocks are unpacked by the `gguf` package, the format's own library. What it has no
code for (Q1_0, Q2_0, Q8_1, Q8_K), 4- and 6-bit floats, complex numbers, and weights that a method
such as GPTQ has packed into integers cannot be shown as numbers, and the error says so.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearth.errors import InvalidRequest
from hearth.models.bytes import ByteSource
from hearth.models.card import TensorEntry
from hearth.models.gguf.tensors import tensor_types
from hearth.models.labels import plain

PIECE_ELEMENTS = 1 << 18  # 1 MiB as float32; unpacking takes some ten times that
PIECE_BYTES = 1 << 20

Numbers = NDArray[np.float32]

_PLAIN = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "U64": "<u8",
    "I32": "<i4",
    "U32": "<u4",
    "I16": "<i2",
    "U16": "<u2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "u1",
}
# Exponent bits, mantissa bits and bias of 8-bit floats. Source: OCP 8-bit floating point 1.0.
_FLOAT8 = {"F8_E4M3": (4, 3, 7), "F8_E5M2": (5, 2, 15)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacker:
    """How one type is unpacked: `block` elements stand in `block_bytes` bytes."""

    block: int
    block_bytes: int
    unpack: Callable[[bytes], Numbers]


def unpacker(tensor: TensorEntry) -> Unpacker:
    """Return how a tensor is unpacked.

    Raises:
        InvalidRequest: Its type cannot be, or its weights are encoded.
    """
    num_elements = math.prod(tensor.shape)
    if tensor.offset is None:
        raise _not_unpacked(tensor, "its weights are encoded and cannot be read in place")
    if tensor.num_weights > num_elements:
        raise _not_unpacked(tensor, "it holds several weights in each number")
    found = _unpacker(tensor.type)
    if found is None:
        raise _not_unpacked(tensor, f"{plain(tensor.type)} cannot be unpacked here")
    if num_elements // found.block * found.block_bytes != tensor.size_bytes:
        raise _not_unpacked(tensor, "its size does not fit its type")
    return found


def read_numbers(
    source: ByteSource, tensor: TensorEntry, piece_elements: int = PIECE_ELEMENTS
) -> Iterator[Numbers]:
    """Yield a tensor's elements in the order of the file, row after row.

    Args:
        source: The file that holds it.
        tensor: The tensor.
        piece_elements: Elements of each piece but the last; rounded up to whole blocks.

    Raises:
        InvalidRequest: Its numbers cannot be computed here.
        BadModelFile: The file became shorter while it was read.
    """
    how = unpacker(tensor)
    piece_bytes = -(-piece_elements // how.block) * how.block_bytes
    for piece in read_bytes(source, tensor, piece_bytes):
        yield how.unpack(piece)


def read_bytes(
    source: ByteSource, tensor: TensorEntry, piece_bytes: int = PIECE_BYTES
) -> Iterator[bytes]:
    """Yield a tensor's bytes as they are stored.

    Raises:
        InvalidRequest: They are encoded, and cannot be read in place.
        BadModelFile: The file became shorter while it was read.
    """
    if tensor.offset is None:
        raise _not_unpacked(tensor, "its weights are encoded and cannot be read in place")
    for offset in range(0, tensor.size_bytes, piece_bytes):
        yield source.read(tensor.offset + offset, min(piece_bytes, tensor.size_bytes - offset))


@functools.cache
def _unpacker(kind: str) -> Unpacker | None:
    if kind in _PLAIN:
        plain_type = np.dtype(_PLAIN[kind])
        return Unpacker(
            block=1,
            block_bytes=plain_type.itemsize,
            unpack=lambda raw: np.frombuffer(raw, plain_type).astype(np.float32),
        )
    if kind == "BF16":
        return Unpacker(block=1, block_bytes=2, unpack=_from_bfloat16)
    if kind in _FLOAT8:
        table = _float8_table(*_FLOAT8[kind])
        return Unpacker(
            block=1, block_bytes=1, unpack=lambda raw: table[np.frombuffer(raw, np.uint8)]
        )
    return _from_blocks(kind)


def _from_bfloat16(raw: bytes) -> Numbers:
    return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)


def _float8_table(exponent_bits: int, mantissa_bits: int, bias: int) -> Numbers:
    """Return the number of each of the 256 bytes."""
    codes = np.arange(256)
    exponents = (codes >> mantissa_bits) & (2**exponent_bits - 1)
    fractions = (codes & (2**mantissa_bits - 1)) / 2**mantissa_bits
    normal = exponents > 0
    values = (fractions + normal) * 2.0 ** (np.maximum(exponents, 1) - bias)
    if exponent_bits == 5:  # like IEEE: the highest exponent is infinity and NaN
        values[exponents == 31] = np.where(fractions[exponents == 31] == 0, np.inf, np.nan)
    else:  # one NaN alone
        values[(codes & 0x7F) == 0x7F] = np.nan
    table: Numbers = np.where(codes < 128, values, -values).astype(np.float32)
    return table


def _from_blocks(kind: str) -> Unpacker | None:
    from gguf import GGMLQuantizationType, quants  # takes 0.3 s to import

    known = next((each for each in tensor_types().values() if each.name == kind), None)
    if known is None or kind not in GGMLQuantizationType.__members__:
        return None
    quant = GGMLQuantizationType[kind]

    def unpack(raw: bytes) -> Numbers:
        # As one long row: the library takes sixteen rows at a time, however short they are.
        row = np.frombuffer(raw, np.uint8).reshape(1, -1)
        unpacked: Numbers = quants.dequantize(row, quant)
        return unpacked.reshape(-1)

    try:
        unpack(bytes(known.block_bytes))
    except NotImplementedError:
        return None
    return Unpacker(block=known.block, block_bytes=known.block_bytes, unpack=unpack)


def _not_unpacked(tensor: TensorEntry, reason: str) -> InvalidRequest:
    return InvalidRequest(f"The numbers of {plain(tensor.name)} cannot be shown: {reason}.")
