"""Hostile model files: each is refused with its own sentence (rows G1 to G17)."""

from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path

import pytest

from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.gguf.header import read_header
from support.gguf_bytes import (
    ARRAY,
    BOOL,
    F32,
    I32,
    STRING,
    U8,
    U32,
    array,
    entry,
    gguf,
    string,
    tensor,
    text,
    u32,
    value,
    whole,
)

HUGE = 2**64 - 1
F32_TENSOR = tensor("a", [8])
LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def aligned(kind: int, number: int) -> bytes:
    return entry("general.alignment", kind, value(kind, number))


# Name: (bytes of the file, words that the message must contain).
BAD_FILES: dict[str, tuple[bytes, str]] = {
    # G1: files that are something else
    "G1 empty": (b"", "empty (0 bytes)"),
    "G1 three bytes": (b"GGU", "3 bytes long"),
    "G1 only the magic": (b"GGUF", "cut off in the version"),
    "G1 git lfs pointer": (LFS_POINTER, "Git LFS pointer"),
    "G1 web page": (b"\n<!DOCTYPE html><html><body>404</body></html>", "a web page"),
    "G1 json answer": (b'{"error": "Repository not found"}', "JSON text"),
    "G26 zip": (b"PK\x03\x04" + bytes(100), "zip archive"),
    "G26 pickle": (b"\x80\x02}q\x00." + bytes(100), "pickle"),
    "G26 hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    "G24 safetensors": (u64(20) + b'{"a":{"dtype":"F32"}}' + bytes(50), "safetensors"),
    "old ggml": (b"tjgg" + bytes(100), "before GGUF"),
    # G2, G3: magic and version
    "G2 bad magic": (gguf(magic=b"FUGH"), "begins with b'FUGH'"),
    "G2 byte-swapped": (gguf(magic=b"FUGG"), "big-endian"),
    "G2 big-endian version": (gguf(version=0x03000000), "big-endian"),
    "G3 version 0": (gguf(version=0), "version 0"),
    "G3 version 1": (gguf(version=1), "version 1"),
    "G3 version 4": (gguf(version=4), "version 4"),
    "G3 version 2^31": (gguf(version=2**31), "big-endian"),
    # G4: counts
    "G4 all tensors": (gguf(num_tensors=HUGE), f"claims {HUGE:,} tensors"),
    "G4 all keys": (gguf(num_keys=HUGE), f"claims {HUGE:,} metadata entries"),
    "G4 a billion tensors": (gguf(num_tensors=10**9), "at most 65,536"),
    "G4 a billion keys": (gguf(num_keys=10**9), "at most 16,384"),
    "G4 allowed but absent": (gguf(num_keys=16_000), "its 16,000 metadata entries"),
    # G5: keys
    "G5 endless key": (gguf([u64(HUGE) + bytes(20)]), "metadata key 0 claims"),
    "G5 long key": (gguf([u32("k" * 65_536, 1)]), "metadata key 0 claims 65,536 bytes"),
    "G5 empty key": (gguf([u32("a", 1), u32("", 1) + bytes(8)]), "metadata key 1 claims 0 bytes"),
    "G5 non-ascii key": (gguf([u32("schlüssel", 1)]), "metadata key 0 is not plain ASCII"),
    "G5 control character in key": (gguf([u32("a\x1bb", 1)]), "metadata key 0 is not plain ASCII"),
    "G5 duplicate key": (gguf([u32("a", 1), u32("a", 1)]), "metadata key 1 (a) appears twice"),
    # G6, G7, G8: values
    "G6 value type 13": (gguf([entry("a", 13, bytes(8))]), "unknown value type 13"),
    "G6 value type 2^32-1": (gguf([entry("a", 2**32 - 1, bytes(8))]), "unknown value type"),
    "G6 truth value 7": (gguf([entry("a", BOOL, b"\x07")]), "truth value with byte 7"),
    "G6 truth value 7 in array": (gguf([array("a", BOOL, [1, 7])]), "truth value with byte 7"),
    "G7 arrays of arrays": (
        gguf([entry("a", ARRAY, struct.pack("<IQ", ARRAY, 1) * 1000)]),
        "array of arrays",
    ),
    "G8 a trillion numbers": (
        gguf([entry("a", ARRAY, struct.pack("<IQ", F32, 10**12) + bytes(64))]),
        "a (1,000,000,000,000 elements)",
    ),
    "G8 all strings": (
        gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, HUGE) + bytes(64))]),
        "cut off in a",
    ),
    "G8 array element type 13": (
        gguf([entry("a", ARRAY, struct.pack("<IQ", 13, 1) + bytes(8))]),
        "unknown value type 13",
    ),
    "G8 string in array beyond the end": (
        gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, 2) + u64(HUGE) + bytes(64))]),
        "cut off in a",
    ),
    "G8 string beyond the end": (
        gguf([entry("a", STRING, u64(10**15) + bytes(64))]),
        "cut off in a",
    ),
    # G10: alignment
    "G10 alignment 0": (gguf([aligned(U32, 0)]), "alignment is 0"),
    "G10 alignment 13": (gguf([aligned(U32, 13)]), "alignment is 13"),
    "G10 alignment 2^31": (gguf([aligned(U32, 2**31)]), "alignment is 2147483648"),
    "G10 alignment of wrong type": (gguf([aligned(I32, 32)]), "INT32 instead of UINT32"),
    "G10 alignment as truth value": (gguf([aligned(BOOL, 1)]), "BOOL instead of UINT32"),
    # G11: shapes
    "G11 no dimensions": (gguf([], [tensor("a", [8, 1], num_dims=0)]), "has 0 dimensions"),
    "G11 five dimensions": (gguf([], [tensor("a", [1] * 5)]), "has 5 dimensions"),
    "G11 2^32-1 dimensions": (
        gguf([], [tensor("a", [8], num_dims=2**32 - 1)]),
        "4,294,967,295 dimensions",
    ),
    "G11 dimension 0": (gguf([], [tensor("a", [8, 0])]), "impossible shape (8, 0)"),
    "G11 negative dimension": (gguf([], [tensor("a", [-8])]), "impossible shape"),
    "G11 product overflows": (gguf([], [tensor("a", [2**32, 2**32])]), "impossible shape"),
    "G11 bytes overflow": (gguf([], [tensor("a", [2**61], kind=27)]), "and needs 18,446,744"),
    # G12, G13: types
    "G12 row is no whole block": (gguf([], [tensor("a", [48], kind=2)]), "rows of 48 weights"),
    "G13 type 4, removed": (gguf([], [tensor("a", [32], kind=4)]), "type 4"),
    "G13 type 31, removed": (gguf([], [tensor("a", [32], kind=31)]), "type 31"),
    "G13 type 1000": (gguf([], [tensor("a", [32], kind=1000)]), "type 1000"),
    # G14: offsets
    "G14 unaligned": (
        gguf([], [tensor("a", [8], offset=4)], bytes(96)),
        "no multiple of the alignment 32",
    ),
    "G14 overlapping": (
        gguf([], [tensor("a", [16]), tensor("b", [8], offset=32)], bytes(96)),
        "inside the tensors before it",
    ),
    "G14 gap": (
        gguf([], [tensor("a", [8]), tensor("b", [8], offset=64)], bytes(96)),
        "with a gap",
    ),
    "G14 out of order": (
        gguf([], [tensor("a", [8], offset=32), tensor("b", [8], offset=0)], bytes(96)),
        "with a gap",
    ),
    "G14 beyond the end": (
        gguf([], [F32_TENSOR, tensor("b", [8], offset=2**62)], bytes(96)),
        "with a gap",
    ),
    "G14 sum of sizes overflows": (
        gguf(
            [],
            [
                tensor("a", [0x7FFFFFFFFFFFFFC0], kind=24),
                tensor("b", [0x7FFFFFFFFFFFFFC0], kind=24, offset=0x7FFFFFFFFFFFFFC0),
            ],
        ),
        "and needs 18,446,744,073,709,551",
    ),
    # G15: cut off
    "G15 in the counts": (gguf()[:12], "cut off in the counts"),
    "G15 in the metadata": (gguf([text("a", "b" * 50)])[:60], "the file is 60 bytes and needs"),
    "G15 in the tensor table": (gguf([], [tensor("a" * 20, [8])])[:60], "cut off in tensor"),
    "G15 data missing": (gguf([], [F32_TENSOR]), "the file is 64 bytes and needs 96"),
    "G15 last byte missing": (gguf([], [F32_TENSOR], bytes(31)), "is 95 bytes and needs 96"),
    # G17: names
    "G17 duplicate name": (
        gguf([], [F32_TENSOR, tensor("a", [8], offset=32)], bytes(64)),
        "tensor 1 (a) appears twice",
    ),
    "G17 name of 64 bytes": (gguf([], [tensor("a" * 64, [8])]), "claims 64 bytes"),
    "G17 empty name": (gguf([], [tensor("", [8]) + bytes(8)]), "claims 0 bytes"),
    "G17 slash": (gguf([], [tensor("a/b", [8])]), "name of tensor 0 is not allowed"),
    "G17 backslash": (gguf([], [tensor("a\\b", [8])]), "name of tensor 0 is not allowed"),
    "G17 dots": (gguf([], [tensor("..a", [8])]), "name of tensor 0 is not allowed"),
    "G17 zero byte": (gguf([], [tensor("a\0b", [8])]), "name of tensor 0 is not allowed"),
    "G17 not utf-8": (gguf([], [tensor(b"a\xff", [8])]), "name of tensor 0 is not allowed"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_refused_with_its_reason(tmp_path: Path, name: str) -> None:
    content, reason = BAD_FILES[name]
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(BadModelFile) as caught:
        read_header(path)
    assert reason in caught.value.message
    assert str(path) in caught.value.message


def test_refusing_allocates_little(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    tracemalloc.start()
    try:
        for content, _ in BAD_FILES.values():
            path.write_bytes(content)
            with pytest.raises(BadModelFile):
                read_header(path)
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()


def test_every_cut_of_a_good_file_is_refused(tmp_path: Path) -> None:
    good = whole(
        [text("general.name", "n"), array("a", STRING, ["x", "yy"]), array("b", U8, [1, 2])],
        {"one": ([32, 2], 2), "two": ([8], 0)},
    )
    path = tmp_path / "model.gguf"
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(BadModelFile):
            read_header(path)
    path.write_bytes(good)
    assert len(read_header(path).tensors) == 2


def test_sparse_file_with_endless_keys_is_refused_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = [entry(f"{index:06d}" + "k" * 60_000, U8, b"\0") for index in range(600)]
    path.write_bytes(gguf(keys))
    with pytest.raises(BadModelFile, match="bytes of text"):
        read_header(path)


@pytest.mark.parametrize(
    ("count", "length", "reason"),
    [(2 * 10**9, 0, "more than 4,000,000 strings"), (4000, 2**17, "268,435,456 bytes")],
)
def test_g8_sparse_file_of_endless_strings_is_refused_at_once(
    tmp_path: Path, count: int, length: int, reason: str
) -> None:
    path = tmp_path / "model.gguf"
    start = gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, count))], alignment=1)
    with path.open("wb") as file:
        file.write(start)
        for index in range(count if length else 0):
            file.seek(len(start) + index * (8 + length))
            file.write(u64(length))
        file.truncate(len(start) + count * (8 + length))
    with pytest.raises(BadModelFile, match=reason):
        read_header(path)


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"no file .*absent\.gguf"):
        read_header(tmp_path / "absent.gguf")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_folder_or_pipe_is_refused_without_opening(tmp_path: Path, make: object) -> None:
    path = tmp_path / "model.gguf"
    make(path)  # type: ignore[operator]
    with pytest.raises(BadModelFile, match="not a regular file"):
        read_header(path)


def test_zero_byte_in_the_path_is_refused() -> None:
    with pytest.raises(BadModelFile, match="not a regular file"):
        read_header(Path("a\0b.gguf"))


def test_control_characters_of_a_file_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf([string("a\x1b[2J‮b") + struct.pack("<I", U32) + bytes(4)]))
    with pytest.raises(BadModelFile) as caught:
        read_header(path)
    assert "\x1b" not in caught.value.message
