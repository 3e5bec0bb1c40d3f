"""Figures of tensors: those that numpy computes of the same numbers at once."""

from __future__ import annotations

import math
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from gguf import quants

from hearth.errors import InvalidRequest
from hearth.models.bytes import FileBytes
from hearth.models.card import TensorEntry
from hearth.models.gguf.header import read_header
from hearth.models.gguf.tensors import tensor_types
from hearth.models.inside.numbers import PIECE_ELEMENTS, read_numbers
from hearth.models.inside.stats import TensorStats, tensor_stats
from support.held_bytes import HeldBytes

RNG = np.random.default_rng(0)
NORMAL = RNG.standard_normal(3 * PIECE_ELEMENTS + 100).astype(np.float32)


def entry(kind: str, shape: tuple[int, ...], size_bytes: int, **changes: object) -> TensorEntry:
    fields = {"num_weights": math.prod(shape), "file": "m", "offset": 8} | changes
    return TensorEntry(name="t", shape=shape, type=kind, size_bytes=size_bytes, **fields)  # type: ignore[arg-type]


def stats_of(numbers: np.ndarray) -> TensorStats:
    source = HeldBytes(bytes(8) + numbers.tobytes())
    return tensor_stats(source, entry("F32", numbers.shape, numbers.nbytes))


def test_normal_numbers_over_several_pieces() -> None:
    found = stats_of(NORMAL)
    assert (found.minimum, found.maximum) == (NORMAL.min(), NORMAL.max())
    assert found.mean == pytest.approx(NORMAL.mean(dtype=np.float64), abs=1e-12)
    assert found.std == pytest.approx(NORMAL.std(dtype=np.float64), rel=1e-9)
    assert found.mean_magnitude == pytest.approx(np.abs(NORMAL).mean(dtype=np.float64), rel=1e-9)
    assert found.kurtosis == pytest.approx(0, abs=0.05)
    assert (found.num_elements, found.outliers, found.num_nan) == (NORMAL.size, 0, 0)
    histogram = found.histogram
    counts, _ = np.histogram(NORMAL, len(histogram.counts), (histogram.low, histogram.high))
    assert sum(histogram.counts) + histogram.below + histogram.above == NORMAL.size
    assert np.abs(counts - histogram.counts).max() <= 2  # numbers on an edge


def test_outliers_zeros_and_what_is_no_number() -> None:
    numbers = np.concatenate([NORMAL[:1000], [0, 0, 0, 50, -60, np.nan, np.inf, -np.inf, np.nan]])
    found = stats_of(numbers.astype(np.float32))
    assert (found.num_zeros, found.num_nan, found.num_infinite) == (3, 2, 2)
    assert (found.minimum, found.maximum, found.outliers) == (-60, 50, 2)
    assert (found.histogram.below, found.histogram.above) == (1, 1)
    assert found.kurtosis > 100


@pytest.mark.parametrize("value", [0.0, -2.5])
def test_one_value_alone(value: float) -> None:
    found = stats_of(np.full(100, value, np.float32))
    assert (found.minimum, found.maximum, found.mean, found.std) == (value, value, value, 0)
    assert sum(found.histogram.counts) == 100


def test_nothing_but_nan() -> None:
    found = stats_of(np.full(100, np.nan, np.float32))
    assert (found.num_nan, found.mean, found.minimum) == (100, 0, 0)
    assert sum(found.histogram.counts) == 0


@pytest.mark.parametrize("kind", sorted(quants._type_traits, key=lambda kind: kind.name))
def test_every_quantization_is_unpacked_as_the_formats_library_does(kind: Kind) -> None:
    block, block_bytes = gguf.GGML_QUANT_SIZES[kind]
    raw = RNG.integers(0, 120, (50, block_bytes), np.uint8)
    expected = quants.dequantize(raw, kind).reshape(-1)
    source = HeldBytes(bytes(8) + raw.tobytes())
    tensor = entry(kind.name, (50, block), raw.nbytes)
    pieces = list(read_numbers(source, tensor, piece_elements=7 * block))
    assert len(pieces) == 8
    np.testing.assert_array_equal(np.concatenate(pieces), expected)


@pytest.mark.parametrize(
    ("kind", "numpy_type"),
    [
        *[("F64", "f8"), ("F32", "f4"), ("F16", "f2"), ("I64", "i8"), ("I32", "i4"), ("I16", "i2")],
        *[("I8", "i1"), ("U8", "u1"), ("U16", "u2"), ("U32", "u4"), ("U64", "u8")],
    ],
)
def test_plain_types(kind: str, numpy_type: str) -> None:
    numbers = RNG.integers(0, 100, (4, 6)).astype(numpy_type)
    source = HeldBytes(bytes(8) + numbers.tobytes())
    (read,) = read_numbers(source, entry(kind, (4, 6), numbers.nbytes))
    np.testing.assert_array_equal(read, numbers.reshape(-1).astype(np.float32))


def test_eight_bit_floats() -> None:
    codes = bytes([0x00, 0x38, 0x40, 0x7E, 0x01, 0xB8, 0x7F])
    (read,) = read_numbers(HeldBytes(bytes(8) + codes), entry("F8_E4M3", (7,), 7))
    np.testing.assert_array_equal(read, np.float32([0, 1, 2, 448, 2**-9, -1, np.nan]))
    codes = bytes([0x3C, 0x7B, 0x01, 0x7C, 0xFC, 0x7D])
    (read,) = read_numbers(HeldBytes(bytes(8) + codes), entry("F8_E5M2", (6,), 6))
    np.testing.assert_array_equal(read, np.float32([1, 57344, 2**-16, np.inf, -np.inf, np.nan]))


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (entry("Q8_K", (256,), 292), "Q8_K cannot be unpacked"),
        (entry("Q1_0", (128,), 18), "Q1_0 cannot be unpacked"),
        (entry("C64", (8,), 64), "C64 cannot be unpacked"),
        (entry("I32", (8, 8), 256, num_weights=512), "several weights in each number"),
        (entry("F32", (8,), 32, offset=None), "encoded"),
        (entry("F32", (8,), 16), "does not fit"),
    ],
)
def test_what_cannot_be_unpacked_says_so(tensor: TensorEntry, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        tensor_stats(HeldBytes(bytes(1000)), tensor)


def test_which_types_of_the_format_cannot_be_unpacked() -> None:
    refused = set()
    for kind in tensor_types().values():
        try:
            list(
                read_numbers(
                    HeldBytes(bytes(8 + kind.block_bytes)),
                    entry(kind.name, (kind.block,), kind.block_bytes),
                )
            )
        except InvalidRequest:
            refused.add(kind.name)
    assert refused == {"Q8_1", "Q8_K", "Q1_0", "Q2_0"}  # as the docs say


@pytest.mark.starter
def test_a_tensor_of_the_starter(starter_path: Path) -> None:
    header = read_header(starter_path)
    theirs = next(
        t for t in gguf.GGUFReader(starter_path).tensors if t.name == "blk.0.ffn_up.weight"
    )
    ours = next(t for t in header.tensors if t.name == theirs.name)
    numbers = quants.dequantize(theirs.data, theirs.tensor_type)
    tensor = entry(
        ours.type.name,
        tuple(reversed(ours.shape)),
        ours.size_bytes,
        offset=header.data_start + ours.offset,
    )
    with FileBytes(starter_path) as source:
        found = tensor_stats(source, tensor)
    assert (found.minimum, found.maximum) == (numbers.min(), numbers.max())
    assert found.std == pytest.approx(numbers.std(dtype=np.float64), rel=1e-6)
