"""Cards of GGUFs of many architectures say what gguf-py reads (and what was written)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from hearth.models.identify import identify
from support.pico_families import LAYERS, PICO_FAMILIES, VOCAB, WIDTH, PicoFamily, write_family


def read_with_gguf(path: Path) -> tuple[dict[str, Any], list[gguf.ReaderTensor]]:
    reader = gguf.GGUFReader(path)
    return {name: field.contents() for name, field in reader.fields.items()}, reader.tensors


@pytest.mark.parametrize("family", PICO_FAMILIES, ids=lambda family: family.architecture)
def test_the_card_agrees_with_gguf_py(family: PicoFamily, tmp_path: Path) -> None:
    path = write_family(tmp_path / "pico.gguf", family)
    card = identify(path)
    fields, tensors = read_with_gguf(path)
    arch = fields["general.architecture"]
    assert card.architecture == arch == family.architecture
    assert card.name == fields["general.name"]
    assert card.license == fields["general.license"]
    assert card.num_layers == fields[f"{arch}.block_count"] == LAYERS
    assert card.width == fields[f"{arch}.embedding_length"] == WIDTH
    assert card.context_length == fields[f"{arch}.context_length"]
    assert card.vocab_size == len(fields["tokenizer.ggml.tokens"]) == VOCAB
    assert card.num_heads == (fields[f"{arch}.attention.head_count"] or None)
    assert card.num_kv_heads == (fields[f"{arch}.attention.head_count_kv"] or None)
    assert card.head_size == fields.get(f"{arch}.attention.key_length")
    assert card.sliding_window == fields.get(f"{arch}.attention.sliding_window")
    assert card.num_experts == fields.get(f"{arch}.expert_count", 0)
    assert card.num_experts_used == fields.get(f"{arch}.expert_used_count", 0)
    assert card.chat_template == fields["tokenizer.chat_template"]
    assert card.num_parameters == sum(int(tensor.n_elements) for tensor in tensors)
    assert [
        (entry.name, entry.shape, entry.type, entry.size_bytes, entry.offset)
        for entry in card.tensors
    ] == [
        (
            tensor.name,
            tuple(int(size) for size in tensor.shape[::-1]),
            tensor.tensor_type.name,
            int(tensor.n_bytes),
            int(tensor.data_offset),
        )
        for tensor in tensors
    ]


def test_what_a_token_uses_of_a_mixture_of_experts(tmp_path: Path) -> None:
    family = next(family for family in PICO_FAMILIES if family.experts[0])
    card = identify(write_family(tmp_path / "moe.gguf", family))
    experts = sum(math.prod(t.shape) for t in card.tensors if "_exps" in t.name)
    assert card.num_parameters is not None
    assert card.active_parameters == card.num_parameters - experts + experts * 2 // 8
    assert card.active_parameters < card.num_parameters


@pytest.mark.parametrize(
    ("architecture", "num_windowed", "num_recurrent"),
    [("gemma2", 2, 0), ("gemma3", 4, 0), ("mamba", 0, 4), ("falcon-h1", 0, 4), ("llama", 0, 0)],
)
def test_kinds_of_layers(
    architecture: str, num_windowed: int, num_recurrent: int, tmp_path: Path
) -> None:
    family = next(one for one in PICO_FAMILIES if one.architecture == architecture)
    card = identify(write_family(tmp_path / "pico.gguf", family))
    # Of gemma3's groups of six, four layers reach the full one of no group.
    assert (card.num_windowed_layers, card.num_recurrent_layers) == (num_windowed, num_recurrent)


def test_rope_scaling_is_told(tmp_path: Path) -> None:
    family = next(family for family in PICO_FAMILIES if family.architecture == "phi3")
    rope = identify(write_family(tmp_path / "pico.gguf", family)).rope_scaling
    assert rope is not None
    assert (rope.kind, rope.factor, rope.original_context_length) == ("yarn", 4.0, 128)


def test_an_embedding_model_is_one(tmp_path: Path) -> None:
    family = next(family for family in PICO_FAMILIES if family.architecture == "bert")
    card = identify(write_family(tmp_path / "pico.gguf", family))
    assert card.kind == "embedding"
    assert card.runs_here is None
    assert card.if_not is not None
    assert "embedding" in card.if_not.reason


def test_a_model_in_parts_is_one_model(tmp_path: Path) -> None:
    whole = identify(write_family(tmp_path / "whole.gguf", PICO_FAMILIES[0]))
    first = write_family(tmp_path / "parts.gguf", PICO_FAMILIES[0], tensors_per_file=10)
    card = identify(first)
    assert len(card.files) == len(list(tmp_path.glob("parts-*.gguf"))) > 2
    assert card.num_parameters == whole.num_parameters
    names = {tensor.name: (tensor.shape, tensor.type) for tensor in card.tensors}
    assert names == {tensor.name: (tensor.shape, tensor.type) for tensor in whole.tensors}
    for entry in card.tensors:
        tensors = {t.name: t for t in gguf.GGUFReader(tmp_path / entry.file).tensors}
        assert entry.offset == tensors[entry.name].data_offset


def test_quantized_tensors_count_their_weights(tmp_path: Path) -> None:
    path = tmp_path / "mixed.gguf"
    writer = gguf.GGUFWriter(str(path), "made-up")
    rows = np.ones((4, 256), np.float32)
    for kind in (gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0):
        writer.add_tensor(kind.name, gguf.quantize(rows, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    card = identify(path)
    assert card.num_parameters == 2 * 1024
    assert card.bits_per_weight == pytest.approx((8.5 + 4.5) / 2)
    assert card.bytes_by_type == {"Q8_0": 1088, "Q4_0": 576}
    assert card.runs_here is None  # no engine knows the architecture
    assert card.if_not is not None
    assert "made-up" in card.if_not.reason
