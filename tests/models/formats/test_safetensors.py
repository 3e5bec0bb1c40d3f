"""Safetensors headers as hostile input (row G24), and against the format's own library."""

from __future__ import annotations

import json
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from hearth.errors import BadModelFile
from hearth.models.formats.files import HeldBytes
from hearth.models.formats.safetensors import MAX_HEADER_BYTES, read_safetensors

F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


def packed(header: object, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def read(raw: bytes) -> Any:
    return read_safetensors(HeldBytes("file.safetensors", raw))


def test_what_the_library_writes_is_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    written = {
        "a": np.zeros((3, 4), np.float32),
        "b.c": np.zeros((2,), np.int64),
        "empty": np.zeros((0, 4), np.float16),
        "scalar": np.zeros((), np.uint8),
    }
    save_file(written, path, metadata={"format": "pt", "odd": 'a "quoted" text {'})
    header = read(path.read_bytes())
    assert header.metadata == {"format": "pt", "odd": 'a "quoted" text {'}
    assert {t.name: t.shape for t in header.tensors} == {n: t.shape for n, t in written.items()}
    with safe_open(path, framework="numpy") as file:
        raw = path.read_bytes()
        for tensor in header.tensors:
            kept = raw[tensor.offset : tensor.offset + tensor.size_bytes]
            assert kept == file.get_tensor(tensor.name).tobytes()


REJECTED = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "a header longer than the file": struct.pack("<Q", 100) + b"{}",
    "a header of 2^64 - 1 bytes": struct.pack("<Q", 2**64 - 1) + b"{}",
    "a header over the limit": struct.pack("<Q", MAX_HEADER_BYTES + 1) + b"{}" + b" " * 64,
    "not JSON": packed(b"{not json}"),
    "a list": packed([]),
    "cut off JSON": packed(b'{"a": {"dtype"'),
    "something after the header": packed(b"{} {}"),
    "nested deep": packed(b"[" * 100_000),
    "nested objects": packed(b'{"a":' * 10_000),
    "a name given twice": packed(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        b"\0" * 4,
    ),
    "a name given twice by escapes": packed(
        b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},'
        b'"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
        b"\0" * 2,
    ),
    "a hole before the first": packed({"a": {**F32, "data_offsets": [8, 16]}}, b"\0" * 16),
    "a hole between": packed({"a": F32, "b": {**F32, "data_offsets": [12, 20]}}, b"\0" * 20),
    "an overlap": packed({"a": F32, "b": {**F32, "data_offsets": [4, 12]}}, b"\0" * 12),
    "bytes of no tensor": packed({"a": F32}, b"\0" * 9),
    "the last byte missing": packed({"a": F32}, b"\0" * 7),
    "an unknown type": packed({"a": {**F32, "dtype": "F31"}}, b"\0" * 8),
    "a type that is a number": packed({"a": {**F32, "dtype": 3}}, b"\0" * 8),
    "a shape that overflows": packed({"a": {**F32, "shape": [2**62, 4]}}, b"\0" * 8),
    "a negative size": packed({"a": {**F32, "shape": [-2]}}, b"\0" * 8),
    "a size that is true": packed({"a": {**F32, "shape": [True, 2]}}, b"\0" * 8),
    "a fraction": packed({"a": {**F32, "shape": [2.0]}}, b"\0" * 8),
    "offsets in the wrong order": packed({"a": {**F32, "data_offsets": [8, 0]}}, b"\0" * 8),
    "three offsets": packed({"a": {**F32, "data_offsets": [0, 4, 8]}}, b"\0" * 8),
    "no shape": packed({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, b"\0" * 8),
    "a further field": packed({"a": {**F32, "extra": 1}}, b"\0" * 8),
    "bytes that do not fit the shape": packed({"a": {**F32, "shape": [3]}}, b"\0" * 8),
    "seventeen dimensions": packed({"a": {**F32, "shape": [1] * 16 + [2]}}, b"\0" * 8),
    "metadata that is no text": packed({"__metadata__": {"a": 1}}),
    "a number with a thousand digits": packed(
        b'{"a":{"dtype":"F32","shape":[' + b"9" * 10_000 + b'],"data_offsets":[0,8]}}', b"\0" * 8
    ),
}


@pytest.mark.parametrize("raw", REJECTED.values(), ids=REJECTED.keys())
def test_g24_what_cannot_be_is_refused(raw: bytes) -> None:
    with pytest.raises(BadModelFile):
        read(raw)


def test_g24_a_hostile_header_costs_little_memory() -> None:
    pairs = b",".join(b'"%d":"x"' % number for number in range(500_000))
    raw = packed(b'{"__metadata__":{' + pairs + b"}}")
    tracemalloc.start()
    try:
        with pytest.raises(BadModelFile, match="more than"):
            read(raw)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 64 * 2**20


@given(st.binary(max_size=200))
@example(b'{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}')
def test_any_header_is_read_or_refused(header: bytes) -> None:
    raw = packed(header)
    try:
        read(raw)
    except BadModelFile:
        return


@given(st.data())
def test_a_changed_byte_is_refused_or_harmless(data: st.DataObject) -> None:
    raw = bytearray(packed({"a": F32, "b": {**F32, "data_offsets": [8, 16]}}, b"\0" * 16))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        header = read(bytes(raw))
    except BadModelFile:
        return
    assert sum(tensor.size_bytes for tensor in header.tensors) == 16
