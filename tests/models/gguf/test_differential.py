"""What Hearth reads of a file is what the `gguf` package reads of it."""

from __future__ import annotations

from pathlib import Path

import gguf
import pytest

from hearth.models.gguf.header import read_header
from hearth.models.gguf.metadata import GgufArray
from hearth.models.gguf.tensors import tensor_types
from support.pico import write_pico


def assert_same(path: Path) -> None:
    ours, theirs = read_header(path), gguf.GGUFReader(path)
    for key, value in ours.metadata.items():
        field = theirs.get_field(key)
        assert field is not None, key
        if not isinstance(value, GgufArray):
            assert value == field.contents(), key
            continue
        assert value.count == len(field.data), key
        if value.values is not None:
            assert list(value.values) == field.contents(), key
    assert len(ours.metadata) == len(theirs.fields) - 3  # theirs also counts the preamble's fields
    assert ours.data_start == theirs.data_offset
    assert len(ours.tensors) == len(theirs.tensors)
    for mine, other in zip(ours.tensors, theirs.tensors, strict=True):
        assert mine.name == other.name
        assert list(mine.shape) == other.shape.tolist()
        assert mine.size_bytes == other.n_bytes
        assert ours.data_start + mine.offset == other.data_offset
        assert mine.type.name == other.tensor_type.name


@pytest.mark.starter
def test_starter_model(starter_path: Path) -> None:
    assert_same(starter_path)


@pytest.mark.parametrize("num_layers", [1, 3])
def test_pico_models(tmp_path: Path, num_layers: int) -> None:
    assert_same(write_pico(tmp_path / "pico.gguf", num_layers=num_layers, chat_template=None))


def test_tensor_types() -> None:
    ours = {number: (each.block, each.block_bytes) for number, each in tensor_types().items()}
    for kind, size in gguf.GGML_QUANT_SIZES.items():
        if kind.name != "Q8_1":  # never in a file; the package's figure is of an older layout
            assert ours[kind.value] == tuple(size), kind
