"""ONNX graphs: their initializers are listed, and nothing else is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import BadModelFile
from hearth.models.formats.files import HeldBytes
from hearth.models.formats.onnx import read_graph
from hearth.models.identify import identify
from support.hub_folders import write_hub_model, write_json
from support.onnx_bytes import block, initializer, model, node, number, varint

FLOAT, UINT8, INT64, FLOAT16 = 1, 2, 7, 10


@pytest.mark.parametrize("is_packed", [True, False])
def test_initializers_are_listed(is_packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    weights = b"\x01" * 24
    path.write_bytes(
        model(
            initializer("a.weight", FLOAT, (2, 3), weights, is_packed=is_packed),
            initializer("scalar", FLOAT16, (), b"\0\0"),
            initializer("shape", INT64, (4,), b"\0" * 32),
        )
    )
    card = identify(path)
    assert card.format == "onnx"
    facts = [(t.name, t.shape, t.type, t.size_bytes, t.num_weights) for t in card.tensors]
    assert facts == [
        ("a.weight", (2, 3), "F32", 24, 6),
        ("scalar", (), "F16", 2, 1),
        ("shape", (4,), "I64", 32, 0),
    ]
    start = card.tensors[0].offset
    assert start is not None
    assert path.read_bytes()[start : start + 24] == weights


def test_packed_weights_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(
        model(
            node("MatMulNBits", ("x", "w_Q4", "w_scales"), {"K": 128, "N": 64, "bits": 4}),
            initializer("w_Q4", UINT8, (64, 4, 16), b"\0" * 4096),
            initializer("w_scales", FLOAT, (256,), b"\0" * 1024),
        )
    )
    card = identify(path)
    assert card.num_parameters == 128 * 64
    assert card.bits_per_weight == 5


def test_a_folder_of_graphs_has_one_that_counts(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "m", "llama")
    (folder / "model.safetensors").unlink()
    (folder / "onnx").mkdir()
    for name in ("model.onnx", "model_fp16.onnx"):
        (folder / "onnx" / name).write_bytes(model(initializer(name, FLOAT, (2,), b"\0" * 8)))
    (folder / "onnx" / "model.onnx_data").write_bytes(b"\0" * 100)
    card = identify(folder)
    assert (card.format, card.architecture, card.num_layers) == ("onnx", "llama", 4)
    assert [tensor.name for tensor in card.tensors] == ["model.onnx"]
    assert [file.name for file in card.files] == ["onnx/model.onnx", "onnx/model.onnx_data"]
    assert "model_fp16" in card.warnings[-1]


def test_the_configuration_of_onnx_runtime_genai(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(model(initializer("a", FLOAT, (2,), b"\0" * 8)))
    decoder = {"num_hidden_layers": 2, "num_attention_heads": 4, "head_size": 16}
    settings = {"type": "phi3", "context_length": 4096, "vocab_size": 300, "decoder": decoder}
    write_json(tmp_path / "genai_config.json", {"model": settings})
    card = identify(tmp_path)
    assert (card.architecture, card.context_length, card.vocab_size) == ("phi3", 4096, 300)
    assert (card.num_layers, card.num_heads, card.head_size) == (2, 4, 16)


@pytest.mark.parametrize(
    "raw",
    [
        number(1, 8) + varint(7 << 3 | 2) + varint(2**40),
        number(1, 8) + block(7, varint(5 << 3 | 2) + varint(100)),
        number(1, 8) + b"\x3b",
        number(1, 8) + b"\xff" * 20,
        model(initializer("a", FLOAT, (2**62, 2**62))),
        model(initializer("a", FLOAT, [1] * 17)),
        model(initializer("a", FLOAT, [1] * 17, is_packed=True)),
        model(initializer("x" * 5000, FLOAT, (1,))),
    ],
)
def test_what_cannot_be_is_refused(raw: bytes) -> None:
    with pytest.raises(BadModelFile):
        read_graph(HeldBytes("model.onnx", raw), "model.onnx")


@given(st.data())
def test_a_damaged_graph_is_listed_or_refused(data: st.DataObject) -> None:
    raw = bytearray(
        model(
            node("MatMulNBits", ("x", "w", "s"), {"K": 4, "N": 4}),
            initializer("w", UINT8, (2, 4), b"\0" * 8),
        )
    )
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_graph(HeldBytes("model.onnx", bytes(raw)), "model.onnx")
    except BadModelFile:
        return
