"""Blueprints in other sizes keep the proportions of the model that they are from."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.models.blueprint import blueprint, public_model, quantized
from hearth.models.blueprint.facts import ModelFacts


def shapes(name: str, **sizes: int) -> dict[str, tuple[int, ...]]:
    made = public_model(name).blueprint.scaled(**sizes)
    return {tensor.name: tensor.shape for tensor in made.tensors}


def test_the_same_size_is_the_same_model() -> None:
    for name in ("gpt-oss-20b", "Qwen2.5-7B", "granite-4.0-h-tiny"):
        original = public_model(name).blueprint
        assert original.scaled() == original


def test_what_is_not_given_keeps_its_proportion() -> None:
    made = public_model("Llama-3.1-8B").blueprint.scaled(width=2048, num_layers=12)
    assert (made.facts.num_heads, made.facts.num_kv_heads) == (16, 4)
    assert made.facts.head_size == 128
    assert made.facts.feed_forward == 7168
    assert made.facts.vocab_size == 128256
    assert sum(tensor.name.endswith("attn_q.weight") for tensor in made.tensors) == 12


def test_what_is_given_is_taken() -> None:
    found = shapes("Qwen3-30B-A3B", num_layers=2, width=512, num_experts=16, vocab_size=1000)
    assert found["token_embd.weight"] == (512, 1000)
    assert found["blk.1.ffn_up_exps.weight"][2] == 16
    assert found["blk.1.ffn_gate_inp.weight"] == (512, 16)
    assert "blk.2.attn_norm.weight" not in found


def test_a_recurrent_layer_scales_with_the_width() -> None:
    found = shapes("mamba-130m-hf", width=384, num_layers=1)
    assert found["blk.0.ssm_in.weight"] == (384, 1536)
    assert found["blk.0.ssm_dt.weight"] == (24, 768)


def test_a_short_hybrid_still_has_attention() -> None:
    assert public_model("LFM2-1.2B").blueprint.scaled(num_layers=2).facts.attends(1)
    assert public_model("LFM2-1.2B").blueprint.scaled(num_layers=6).facts.attention_layers == (2, 5)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"colour": 3}, "no size 'colour'"),
        ({"num_layers": 0}, "num_layers is 0; at least 1"),
        ({"num_heads": 6, "num_kv_heads": 4}, "6 heads cannot share 4"),
        ({"head_size": 100}, "do not fill a width"),
    ],
)
def test_impossible_sizes_are_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        public_model("Qwen2.5-7B").blueprint.scaled(**sizes)


def test_a_hybrid_of_one_layer_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="too few for attention and recurrent"):
        public_model("LFM2-1.2B").blueprint.scaled(num_layers=1)


def test_an_architecture_without_a_table_is_refused() -> None:
    facts = ModelFacts(
        architecture="rwkv7", num_layers=2, width=64, vocab_size=10, context_length=128
    )
    with pytest.raises(InvalidRequest, match="no blueprint for the architecture 'rwkv7'") as caught:
        blueprint(facts)
    assert "qwen3moe" in (caught.value.hint or "")


def test_an_unknown_quantization_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no mixing rules for the quantization 'Q9_Z'"):
        quantized(public_model("Qwen2.5-7B").blueprint, "Q9_Z")
