"""Model files that are odd but correct are read, and what is odd is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.metadata import MAX_KEYS, MAX_STRING_BYTES, GgufArray, LongText
from hearth.models.gguf.tensors import MAX_TENSORS
from support.gguf_bytes import (
    BOOL,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
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
from support.held_bytes import HeldBytes
from support.memory_limit import at_most

SCALARS = {
    "u8": (U8, 255),
    "i8": (I8, -128),
    "u16": (U16, 65_535),
    "i16": (I16, -32_768),
    "u32": (U32, 2**32 - 1),
    "i32": (I32, -(2**31)),
    "f32": (F32, 1.5),
    "u64": (U64, 2**64 - 1),
    "i64": (I64, -(2**63)),
    "f64": (F64, 1e300),
}


def read(tmp_path: Path, content: bytes) -> GgufHeader:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    return read_header(path)


def test_empty_container(tmp_path: Path) -> None:
    header = read(tmp_path, gguf())
    assert (header.metadata, header.tensors, header.warnings) == ({}, (), ())


@pytest.mark.parametrize("version", [2, 3])
def test_both_versions(tmp_path: Path, version: int) -> None:
    assert read(tmp_path, gguf([u32("a", 1)], version=version)).version == version


def test_every_type_of_value(tmp_path: Path) -> None:
    entries = [entry(name, kind, value(kind, item)) for name, (kind, item) in SCALARS.items()]
    entries += [entry("yes", BOOL, b"\1"), entry("no", BOOL, b"\0"), text("s", "Grüße")]
    header = read(tmp_path, gguf(entries))
    expected = {name: item for name, (_, item) in SCALARS.items()}
    assert header.metadata == expected | {"yes": True, "no": False, "s": "Grüße"}


def test_every_type_of_array(tmp_path: Path) -> None:
    entries = [array(name, kind, [item, item]) for name, (kind, item) in SCALARS.items()]
    entries += [array("truth", BOOL, [1, 0]), array("none", F32, []), array("words", STRING, ["a"])]
    found = read(tmp_path, gguf([*entries, u32("last", 7)])).metadata
    for name, (_, item) in SCALARS.items():
        assert isinstance(found[name], GgufArray)
        assert found[name].values == (item, item)
    assert found["truth"].values == (True, False)
    assert found["none"].count == 0
    assert found["words"].count == 1
    assert found["last"] == 7


def test_tensors(tmp_path: Path) -> None:
    header = read(tmp_path, whole([], {"a": ([64, 3], 2), "b": ([256], 12), "c": ([5, 2, 3], 0)}))
    assert [each.size_bytes for each in header.tensors] == [6 * 18, 144, 120]
    assert [each.offset for each in header.tensors] == [0, 128, 288]
    assert [each.type.name for each in header.tensors] == ["Q4_0", "Q4_K", "F32"]
    assert header.weight_bytes == 108 + 144 + 120


def test_largest_alignment(tmp_path: Path) -> None:
    entries = [u32("general.alignment", 65_536)]
    header = read(tmp_path, whole(entries, {"a": ([8], 0), "b": ([8], 0)}, alignment=65_536))
    assert header.data_start == 65_536
    assert header.tensors[1].offset == 65_536


def test_alignment_of_one_is_read_with_a_warning(tmp_path: Path) -> None:
    header = read(tmp_path, whole([u32("general.alignment", 1)], {"a": ([3], 0)}, alignment=1))
    assert header.alignment == 1
    assert "below the 8" in header.warnings[0]


def test_g15_padding_after_the_last_tensor_may_be_missing(tmp_path: Path) -> None:
    assert read(tmp_path, gguf([], [tensor("a", [1])], bytes(4))).tensors[0].size_bytes == 4


def test_g16_trailing_bytes(tmp_path: Path) -> None:
    good = whole([], {"a": ([8], 0)})
    assert read(tmp_path, good + bytes(31)).warnings == ()
    assert "32 bytes follow" in read(tmp_path, good + bytes(32)).warnings[0]


def test_g9_text_that_is_not_utf8(tmp_path: Path) -> None:
    raw = array("tokenizer.ggml.tokens", STRING, [b"\xff\xfe", b"\xc3"])
    header = read(tmp_path, gguf([text("general.name", b"caf\xe9"), raw]))
    assert header.metadata["general.name"] == "caf�"
    assert "general.name is not valid UTF-8" in header.warnings[0]
    assert len(header.warnings) == 1  # tokens are bytes, and need not be text


def test_long_text_and_long_arrays_stay_in_the_file(tmp_path: Path) -> None:
    long = b"x" * (MAX_STRING_BYTES + 1)
    content = gguf([text("long", long), array("many", U8, [7] * 5000), u32("last", 1)])
    header = read(tmp_path, content)
    kept, many = header.metadata["long"], header.metadata["many"]
    assert isinstance(kept, LongText)
    assert isinstance(many, GgufArray)
    assert content[kept.position : kept.position + kept.size_bytes] == long
    assert many.values is None
    assert content[many.position : many.position + many.size_bytes] == b"\7" * 5000
    assert header.metadata["last"] == 1


def test_strings_across_the_borders_of_the_read_window(tmp_path: Path) -> None:
    words = ["w" * (index % 700) for index in range(3000)]  # about 1 MB, four windows
    content = gguf([array("words", STRING, words), u32("last", 1)])
    header = read(tmp_path, content)
    found = header.metadata["words"]
    assert isinstance(found, GgufArray)
    assert found.size_bytes == sum(len(string(word)) for word in words)
    assert header.metadata["last"] == 1


def test_a_file_of_terabytes_is_read_by_its_header(tmp_path: Path) -> None:
    head = gguf([], [tensor("a", [2**40], kind=24)])
    path = tmp_path / "model.gguf"
    path.write_bytes(head)
    try:
        os.truncate(path, len(head) + 2**40)  # sparse: takes no room
    except OSError:
        pytest.skip("this file system has no sparse files of that size")
    assert read_header(path).weight_bytes == 2**40


def test_the_largest_header_that_is_read_takes_bounded_memory() -> None:
    emoji = "\N{FIRE}" + "x" * (MAX_STRING_BYTES - 4)  # four bytes for each of its characters
    entries = [text(f"text.{number}", emoji) for number in range(3)]
    entries += [array(f"many.{n}", I64, range(2**62, 2**62 + 1000)) for n in range(200)]
    entries += [array(f"few.{n}", I64, [2**62 + n]) for n in range(MAX_KEYS - 203)]
    lines, offset = [], 0
    for number in range(MAX_TENSORS):
        lines.append(tensor(f"{number:063d}", [1000, 1, 1, 1], kind=24, offset=offset))
        offset += 1024
    source = HeldBytes(gguf(entries, lines))
    source.size_bytes += offset  # the weights are never read
    with at_most(64 * 2**20):
        header = read_header(source)
    assert len(header.tensors) == MAX_TENSORS
    assert len(header.metadata) == MAX_KEYS
