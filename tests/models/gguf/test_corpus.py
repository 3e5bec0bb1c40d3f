"""Classes of files, each with random contents: 26 that are refused and 6 that are read as written.

The classes are those of llama.cpp's own test of its reader (tests/test-gguf.cpp); the files are
made here. Where the reader here is stricter it is on purpose: a tensor without data in the file,
and a dimension of 0 (the seventh class that llama.cpp accepts), are refused.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.header import read_header
from hearth.models.gguf.metadata import GgufArray
from hearth.models.gguf.tensors import tensor_types
from support.gguf_bytes import (
    ARRAY,
    BOOL,
    F32,
    F64,
    I8,
    I32,
    STRING,
    U32,
    array,
    entry,
    gguf,
    tensor,
    value,
)
from support.held_bytes import HeldBytes

SEEDS = range(5)
HUGE = 2**64 - 1
LONG_NAME = "_with_a_name_that_is_longer_than_what_the_engine_keeps_for_a_tensor"
I8_TENSOR, I64_TENSOR = 24, 27


@dataclass
class Draft:
    """A random file before it is written; the classes change single parts of it."""

    values: dict[str, tuple[int, Any]]
    tensors: list[tuple[str, list[int], int]]
    alignment: int = 32
    spacing: int = 0  # alignment of the tensors' offsets where it is not the file's
    entries: list[bytes] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)

    def content(self) -> bytes:
        """Return the file."""
        entries = [_entry(key, *item) for key, item in self.values.items()] + self.entries
        if self.alignment != 32:
            entries.append(entry("general.alignment", U32, value(U32, self.alignment)))
        lines, offset = [], 0
        for name, shape, kind in self.tensors:
            lines.append(tensor(name, shape, kind=kind, offset=offset))
            offset += _padded(_size_bytes(shape, kind), self.spacing or self.alignment)
        data = {"data": bytes(offset)} if offset < 2**30 else {}
        alignment = {"alignment": self.alignment}
        return gguf(**{"entries": entries, "tensors": lines} | data | alignment | self.parts)


def draft(rng: random.Random, *, keys: bool = True, tensors: bool = True) -> Draft:
    """Return a good file with random keys of all types and random tensors of all types."""
    values = {f"key_{n}": _random_value(rng) for n in range(rng.randint(20, 60)) if keys}
    kinds = sorted(tensor_types())
    count = rng.randint(3, 30) if tensors else 0
    return Draft(values, [_random_tensor(rng, n, rng.choice(kinds)) for n in range(count)])


def _random_value(rng: random.Random) -> tuple[int, Any]:
    kind = rng.choice([kind for kind in range(13) if kind != ARRAY])
    if rng.random() < 0.5:
        return kind, _random_scalar(rng, kind)
    return kind, [_random_scalar(rng, kind) for _ in range(rng.randint(0, 16))]


def _random_scalar(rng: random.Random, kind: int) -> Any:
    if kind == STRING:
        return "".join(rng.choices("aZ0 _ß€\n", k=rng.randint(0, 20)))
    if kind == BOOL:
        return rng.random() < 0.5
    if kind in (F32, F64):
        return float(rng.randint(-1000, 1000)) / 8
    size_bytes = len(value(kind, 0))
    signed = kind in (1, 3, 5, 11)
    return int.from_bytes(rng.randbytes(size_bytes), "little", signed=signed)


def _random_tensor(rng: random.Random, number: int, kind: int) -> tuple[str, list[int], int]:
    shape = [rng.randint(1, 10) * tensor_types()[kind].block]
    shape += [rng.randint(1, 10) for _ in range(rng.randint(0, 3))]
    return f"tensor_{number}", shape, kind


def _entry(key: str, kind: int, item: Any) -> bytes:
    return array(key, kind, item) if isinstance(item, list) else entry(key, kind, value(kind, item))


def _size_bytes(shape: list[int], kind: int) -> int:
    return tensor_types()[kind].row_bytes(math.prod(shape))


def _padded(size_bytes: int, alignment: int) -> int:
    return -(-size_bytes // alignment) * alignment


# --- what is refused --------------------------------------------------------------------------

Change = Callable[[Draft], object]


def head(**parts: Any) -> Change:
    return lambda it: it.parts.update(parts)


def with_entry(content: bytes) -> Change:
    return lambda it: it.entries.append(content)


def with_tensor(**changes: Any) -> Change:
    """Replace one part of the last line of the table."""

    def change(it: Draft) -> None:
        name, shape, kind = it.tensors[-1]
        given = {"name": name, "shape": shape, "kind": kind} | changes
        it.tensors[-1] = given["name"], given["shape"], given["kind"]

    return change


def with_last_line(**changes: Any) -> Change:
    """Add a line that no good file has."""

    def change(it: Draft) -> None:
        offset = sum(_padded(_size_bytes(shape, kind), 32) for _, shape, kind in it.tensors)
        lines, end = [], 0
        for name, shape, kind in it.tensors:
            lines.append(tensor(name, shape, kind=kind, offset=end))
            end += _padded(_size_bytes(shape, kind), 32)
        given = {"name": "last", "shape": [8], "kind": 0, "offset": offset} | changes
        it.parts["tensors"] = [*lines, tensor(**given)]

    return change


def packed_without_padding(it: Draft) -> None:
    it.spacing = 1
    it.tensors.insert(0, ("odd", [3], I8_TENSOR))


def cut_in_the_data(it: Draft) -> None:
    whole = sum(_padded(_size_bytes(shape, kind), 32) for _, shape, kind in it.tensors)
    _, shape, kind = it.tensors[-1]
    it.parts["data"] = bytes(whole - _padded(_size_bytes(shape, kind), 32))


def two_that_overflow(it: Draft) -> None:
    it.tensors = [(name, [0x7FFFFFFFFFFFFFC0], I8_TENSOR) for name in ("a", "b")]


def align_13(it: Draft) -> None:
    it.alignment = 13


ALIGN_TYPE = entry("general.alignment", I32, value(I32, 32))

REFUSED: dict[str, tuple[Change, str]] = {
    "header: bad magic": (head(magic=b"FUGG"), "big-endian"),
    "header: version 0": (head(version=0), "version 0"),
    "header: version 1": (head(version=1), "version 1"),
    "header: future version": (head(version=4), "version 4"),
    "header: number of tensors": (head(num_tensors=HUGE), "at most 65,536"),
    "header: number of keys": (head(num_keys=HUGE), "at most 16,384"),
    "keys: size of key": (with_entry(value(10, HUGE) + bytes(99)), "claims 18,446"),
    "keys: empty key": (with_entry(entry("", U32, bytes(99))), "claims 0 bytes"),
    "keys: type": (with_entry(entry("k", 13, bytes(99))), "value type 13"),
    "keys: duplicate": (with_entry(_entry("key_3", I8, 1)), "appears twice"),
    "keys: alignment 13": (align_13, "alignment is 13"),
    "keys: alignment of wrong type": (with_entry(ALIGN_TYPE), "INT32"),
    "tensors: size of name": (with_tensor(name="t" + LONG_NAME), "63 are allowed"),
    "tensors: dimensions": (with_last_line(num_dims=5), "5 dimensions"),
    "tensors: negative shape": (with_last_line(shape=[-1]), "impossible shape"),
    "tensors: too many elements": (with_last_line(shape=[2**40, 2**40]), "impossible shape"),
    "tensors: too many bytes": (with_last_line(shape=[2**61], kind=I64_TENSOR), "cut off"),
    "tensors: type": (with_last_line(kind=999), "type 999"),
    "tensors: offset": (with_last_line(offset=HUGE), "no multiple of the alignment"),
    "tensors: duplicate name": (with_last_line(name="tensor_0"), "appears twice"),
    "tensors: alignment 13": (align_13, "alignment is 13"),
    "tensors: inconsistent alignment": (packed_without_padding, "no multiple of the alignment"),
    "data: not enough": (cut_in_the_data, "cut off"),
    "data: alignment 13": (align_13, "alignment is 13"),
    "data: inconsistent alignment": (packed_without_padding, "no multiple of the alignment"),
    "data: sum of sizes overflows": (two_that_overflow, "cut off"),
    "tensors: dimension 0": (with_last_line(shape=[8, 0]), "impossible shape"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    change, reason = REFUSED[name]
    section = name.partition(":")[0]
    for seed in SEEDS:
        it = draft(
            random.Random(seed),
            keys=section != "header",
            tensors=section in ("tensors", "data"),
        )
        change(it)
        with pytest.raises(BadModelFile) as caught:
            read_header(HeldBytes(it.content()))
        assert reason in caught.value.message


# --- what is read as it was written -----------------------------------------------------------

ACCEPTED: dict[str, dict[str, Any]] = {
    "header: empty": {"keys": False, "tensors": False},
    "keys": {"tensors": False},
    "tensors": {"keys": False},
    "tensors: alignment 1": {"keys": False, "alignment": 1},
    "data": {},
    "data: alignment 4096": {"alignment": 4096},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_read_as_written(name: str) -> None:
    options = dict(ACCEPTED[name])
    alignment = options.pop("alignment", 32)
    for seed in SEEDS:
        it = draft(random.Random(seed), **options)
        it.alignment = alignment
        header = read_header(HeldBytes(it.content()))
        read = {key: _plain(found) for key, found in header.metadata.items()}
        read.pop("general.alignment", None)
        strings_left = {key for key, item in it.values.items() if _is_string_array(item)}
        assert read == {
            key: len(item) if key in strings_left else item for key, (_, item) in it.values.items()
        }
        found = [(each.name, list(each.shape), each.size_bytes) for each in header.tensors]
        assert found == [
            (name, shape, _size_bytes(shape, kind)) for name, shape, kind in it.tensors
        ]


def _plain(found: Any) -> Any:
    if not isinstance(found, GgufArray):
        return found
    return found.count if found.values is None else list(found.values)


def _is_string_array(item: tuple[int, Any]) -> bool:
    kind, content = item
    return kind == STRING and isinstance(content, list)
