"""What a token reads, from tensor tables written by hand and from known models' facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.models.gguf.info import inspect
from hearth.models.gguf.parts import read_parts
from hearth.plan.known import KnownModel, known_models, like_known
from hearth.plan.shape import (
    expected_experts,
    kv_bytes_read,
    shape_of,
    shape_of_tensors,
)
from support.allocations import write_shape

DENSE = {"layers": 3, "width": 256, "ff": 512, "heads": 8, "kv_heads": 2, "vocab": 1000}
EXPERTS = DENSE | {"architecture": "qwen3moe", "head_size": 32, "experts": 8, "used": 2}
# As the models' own cards give them, in 10^9; gpt-oss counts without its input embeddings.
PUBLISHED_ACTIVE = {
    "gpt-oss-20b": (3.61, "without embeddings"),
    "gpt-oss-120b": (5.13, "without embeddings"),
    "Qwen3-30B-A3B": (3.3, "all"),
    "Mixtral-8x7B-v0.1": (12.9, "all"),
    "Qwen3-235B-A22B": (22.0, "all"),
    "DeepSeek-V3": (37.0, "all"),
}


@pytest.mark.tiny
def test_a_dense_token_reads_everything_but_the_input_embeddings(tmp_path: Path) -> None:
    path = write_shape(tmp_path / "dense.gguf", **DENSE)
    info = inspect(path)
    shape = shape_of(info)
    embeddings = 1000 * 256
    read = sum(part.weight_bytes for part in shape.parts)
    assert read == info.weight_bytes - 2 * embeddings
    assert shape.used_parameters == info.num_parameters - embeddings
    assert len(shape.layers) == 3
    assert sum(shape.bytes_by_type.values()) == read
    assert shape.output.weights == embeddings + 256  # with its norm


@pytest.mark.tiny
def test_tied_embeddings_are_read_as_the_output(tmp_path: Path) -> None:
    info = inspect(path := write_shape(tmp_path / "dense.gguf", **DENSE))
    tensors = [tensor for header in read_parts(path) for tensor in header.tensors]
    tied = [tensor for tensor in tensors if tensor.name != "output.weight"]
    assert shape_of_tensors(info, tied).parts == shape_of_tensors(info, tensors).parts
    assert shape_of_tensors(info, tied[::-1]).parts == shape_of_tensors(info, tensors).parts


@pytest.mark.tiny
def test_a_token_reads_only_the_experts_it_uses(tmp_path: Path) -> None:
    info = inspect(write_shape(tmp_path / "experts.gguf", **EXPERTS))
    shape = shape_of(info)
    experts = 3 * 256 * 512 * 8
    assert [layer.expert_weights for layer in shape.layers] == [experts] * 3
    assert [layer.expert_bytes for layer in shape.layers] == [2 * experts] * 3
    assert shape.used_parameters == info.active_parameters - 1000 * 256
    unused = 3 * 2 * experts * 6 // 8
    assert sum(shape.bytes_by_type.values()) == info.weight_bytes - 2 * 1000 * 256 - unused


@pytest.mark.parametrize(
    ("num_experts", "used", "batch", "touched"),
    [(8, 2, 1, 2.0), (8, 2, 2, 3.5), (4, 4, 3, 4.0), (0, 0, 5, 0.0), (128, 8, 64, 125.94)],
)
def test_expected_experts(num_experts: int, used: int, batch: int, touched: float) -> None:
    assert expected_experts(num_experts, used, batch) == pytest.approx(touched, abs=0.01)


def test_a_window_ends_what_is_read_of_the_context() -> None:
    shape = known("gpt-oss-20b").shape(4.25)
    windowed, full = shape.layers[0], shape.layers[1]
    row = 2 * 8 * 64
    assert kv_bytes_read(shape, windowed, depth=1000) == 128 * row * 2
    assert kv_bytes_read(shape, full, depth=1000) == 1000 * row * 2
    assert kv_bytes_read(shape, full, depth=1000, kv_type="q8_0") == 1000 * row * 34 / 32


@pytest.mark.parametrize("model", known_models(), ids=lambda model: model.name)
def test_the_shape_of_a_known_model_has_the_published_weights(model: KnownModel) -> None:
    assert model.computed_parameters == pytest.approx(model.num_parameters, rel=0.002)
    shape = model.shape(8.0)
    assert shape.weight_bytes == model.num_parameters
    read = sum(part.weight_bytes + part.expert_bytes for part in shape.parts)
    unread = 0 if model.tied else model.embedding_weights
    assert read == pytest.approx(model.num_parameters - unread, rel=0.002)
    assert model.source.startswith("https://")


@pytest.mark.parametrize("name", PUBLISHED_ACTIVE)
def test_the_weights_of_one_token_are_as_published(name: str) -> None:
    model = known(name)
    published, counting = PUBLISHED_ACTIVE[name]
    ours = model.active_parameters - (model.embedding_weights if counting != "all" else 0)
    assert ours / 1e9 == pytest.approx(published, rel=0.02)
    assert shape_used(model) == pytest.approx(
        model.active_parameters - model.embedding_weights, rel=0.001
    )


def test_names_are_unique() -> None:
    names = [name for model in known_models() for name in model.names]
    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


def test_a_size_alone_borrows_geometry() -> None:
    made = like_known(72e9)
    assert made.assumed == "Llama-3.1-70B"
    assert made.shape(8.0).weight_bytes == 72e9
    assert made.shape(8.0).context_length is None


@pytest.mark.parametrize(
    ("total", "active"), [(30e9, 3e9), (671e9, 37e9), (100e9, 1e9), (10e9, 9e9)]
)
def test_stated_active_weights_are_used(total: float, active: float) -> None:
    made = like_known(total, active)
    assert made.active_parameters == pytest.approx(active, rel=0.05)
    assert made.shape(8.0).weight_bytes == total
    assert all(part.weight_bytes > 0 for part in made.shape(8.0).parts)


def known(name: str) -> KnownModel:
    return next(model for model in known_models() if model.name == name)


def shape_used(model: KnownModel) -> float:
    return model.shape(8.0).used_parameters


def test_the_steps_of_a_recurrent_layer_are_a_matrix_and_its_decay_is_none(tmp_path: Path) -> None:
    model = public_model("mamba-130m-hf").blueprint.scaled(num_layers=1)
    path = write_stand_in(tmp_path / "mamba.gguf", quantized(model, "F16"))
    shape = shape_of(inspect(path))
    sizes = {(matrix.columns, matrix.rows) for matrix in shape.layers[0].matrices}
    assert sizes == {(768, 3072), (1536, 80), (48, 1536), (1536, 768)}
