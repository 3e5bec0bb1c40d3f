"""Facts of public models against what is published of them, and against gguf-py's tables."""

from __future__ import annotations

import re

import gguf
import pytest

from hearth.errors import ModelNotFound
from hearth.models.blueprint import (
    PublicModel,
    blueprint_architectures,
    public_model,
    public_models,
    quantized,
)
from hearth.models.gguf.info import describe

# Of files as published by ggml-org, bartowski and Qwen on huggingface.co, in 10^9 bytes.
PUBLISHED_SIZES = {
    ("Llama-3.1-8B", "Q4_K_M"): 4.92,
    ("Llama-3.1-8B", "Q8_0"): 8.54,
    ("Llama-3.1-70B", "Q4_K_M"): 42.5,
    ("Qwen3-30B-A3B", "Q4_K_M"): 18.6,
    ("Mixtral-8x7B-v0.1", "Q4_K_M"): 28.4,
    ("DeepSeek-V2-Lite", "Q4_K_M"): 10.4,
}


@pytest.mark.parametrize("model", public_models(), ids=lambda model: model.name)
def test_weights_add_up_to_the_published_number(model: PublicModel) -> None:
    assert model.blueprint.num_parameters == pytest.approx(model.num_parameters, rel=0.002)


def test_rows_are_many_different_and_sourced() -> None:
    models = public_models()
    assert len(models) >= 16
    assert len({model.name for model in models}) == len(models)
    address = re.compile(r"https://huggingface\.co/[\w.-]+/[\w.-]+/blob/main/config\.json")
    assert all(address.fullmatch(model.source) for model in models)
    assert {model.facts.architecture for model in models} == blueprint_architectures()


@pytest.mark.parametrize("model", public_models(), ids=lambda model: model.name)
def test_tensor_names_are_those_of_the_family(model: PublicModel) -> None:
    facts = model.facts
    kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
    listed = gguf.MODEL_TENSORS[kinds[facts.architecture]]
    known = {gguf.TENSOR_NAMES[tensor] for tensor in listed}
    used = {
        re.sub(r"^blk\.\d+\.", "blk.{bid}.", tensor.name).removesuffix(".weight")
        for tensor in model.blueprint.tensors
    }
    assert {name.removesuffix(".bias") for name in used} <= known | {"blk.{bid}.attn_qkv"}


@pytest.mark.parametrize("model", public_models(), ids=lambda model: model.name)
def test_headers_describe_the_model(model: PublicModel) -> None:
    facts = model.facts
    header = quantized(model.blueprint, "Q4_K_M").header
    info = describe(header)
    assert info.architecture == facts.architecture
    assert info.quantization == "Q4_K_M"
    assert info.num_layers == facts.num_layers
    assert info.context_length == facts.context_length
    assert info.vocab_size == facts.vocab_size
    assert (info.num_experts, info.num_experts_used) == (facts.num_experts, facts.num_experts_used)
    assert info.sliding_window == (facts.window or None) or facts.architecture == "phi3"
    assert not info.warnings


@pytest.mark.parametrize(("name", "quantization"), PUBLISHED_SIZES)
def test_files_are_as_large_as_published(name: str, quantization: str) -> None:
    size = quantized(public_model(name).blueprint, quantization).header.size_bytes
    assert size / 1e9 == pytest.approx(PUBLISHED_SIZES[name, quantization], rel=0.005)


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ModelNotFound, match="no public model 'gpt-9'") as caught:
        public_model("gpt-9")
    assert "Llama-3.1-8B" in (caught.value.hint or "")
