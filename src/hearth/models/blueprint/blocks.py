"""Random weights in any tensor type, without quantizing: random blocks with a fixed scale.

Every bit pattern of a block is a valid weight but for its scales, which could be infinite; those
are set so that weights lie around -1 to 1. Layouts: the block structures in ggml-common.h.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from hearth.models.gguf.tensors import TensorType


def random_rows(kind: TensorType, rows: int, columns: int, rng: np.random.Generator) -> bytes:
    """Return rows of random weights.

    Args:
        kind: Type of the tensor.
        rows: How many.
        columns: Weights per row; whole blocks.
        rng: Where they come from.

    Returns:
        The bytes of all rows; none for a type that weights cannot have.
    """
    if kind.name in ("F32", "F16", "BF16"):
        return floats(kind, rng.standard_normal(rows * columns, dtype=np.float32))
    scales = _SCALES.get(kind.name)
    if scales is None:
        return b""
    num_blocks = rows * (columns // kind.block)
    blocks = rng.integers(0, 256, (num_blocks, kind.block_bytes), dtype=np.uint8)
    for at, field in scales:
        blocks[:, at : at + len(field)] = np.frombuffer(field, np.uint8)
    return blocks.tobytes()


def floats(kind: TensorType, values: npt.NDArray[np.float32]) -> bytes:
    """Return numbers in a type that is not packed; none in another type."""
    if kind.name == "F32":
        return values.astype("<f4").tobytes()
    if kind.name == "F16":
        return values.astype("<f2").tobytes()
    if kind.name == "BF16":
        return (values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return b""


def _half(number: float) -> bytes:
    return struct.pack("<e", number)


# Where a block has its scales, and what they are set to. Types with an offset of their own get the
# one that makes the mean weight zero.
_SCALES: dict[str, tuple[tuple[int, bytes], ...]] = {
    "Q4_0": ((0, _half(1 / 8)),),
    "Q4_1": ((0, _half(1 / 8)), (2, _half(-15 / 16))),
    "Q5_0": ((0, _half(1 / 16)),),
    "Q5_1": ((0, _half(1 / 16)), (2, _half(-31 / 32))),
    "Q8_0": ((0, _half(1 / 128)),),
    "Q2_K": ((80, _half(1 / 16)), (82, _half(1.5 / 16))),
    "Q3_K": ((108, _half(1 / 64)),),
    "Q4_K": ((0, _half(1 / 256)), (2, _half(7.5 / 256))),
    "Q5_K": ((0, _half(1 / 512)), (2, _half(15.5 / 512))),
    "Q6_K": ((208, _half(1 / 2048)),),
    "IQ1_S": ((0, _half(1 / 8)),),
    "IQ1_M": ((48, bytes((0, 0, 0, 0, 0, 0x40, 0, 0x30))),),  # 1/4, four bits in each of four
    "IQ2_XXS": ((0, _half(1 / 256)),),
    "IQ2_XS": ((0, _half(1 / 256)),),
    "IQ2_S": ((0, _half(1 / 256)),),
    "IQ3_XXS": ((0, _half(1 / 512)),),
    "IQ3_S": ((0, _half(1 / 512)),),
    "IQ4_NL": ((0, _half(1 / 128)),),
    "IQ4_XS": ((0, _half(1 / 2048)),),
    "TQ1_0": ((52, _half(1)),),
    "TQ2_0": ((64, _half(1)),),
    "Q1_0": ((0, _half(1)),),
    "Q2_0": ((0, _half(1)),),
    "MXFP4": ((0, bytes((125,))),),  # an exponent: 2^(125 - 128), as weights are stored doubled
    "NVFP4": ((0, bytes((0x28,)) * 4),),  # four 8-bit floats: 1/4
}
