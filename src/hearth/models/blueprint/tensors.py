"""The tensor table of an architecture: names and shapes exactly as llama.cpp wants them.

A shape names the fastest-varying dimension first, as the file does. Source: load_arch_tensors in
src/models/*.cpp of llama.cpp, as carried by llama-cpp-python 0.3.36.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hearth.errors import InvalidRequest
from hearth.models.blueprint.facts import LatentAttention, ModelFacts
from hearth.models.blueprint.parts import (
    Shape,
    Shapes,
    attention,
    attention_biases,
    dense,
    experts,
    feed_forward,
    head_norms,
    norm,
    state_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorShape:
    """One tensor of a blueprint, before it is given a type.

    Args:
        shape: Elements per dimension, the fastest-varying (columns) first.
    """

    name: str
    shape: Shape


def tensor_table(facts: ModelFacts) -> tuple[TensorShape, ...]:
    """Return every tensor of a model.

    Raises:
        InvalidRequest: There is no table for the architecture, or its sizes cannot go together.
    """
    layer = _LAYERS.get(facts.architecture)
    if layer is None:
        raise InvalidRequest(
            f"There is no blueprint for the architecture {facts.architecture!r}.",
            hint=f"There is one for {', '.join(sorted(_LAYERS))}.",
        )
    _check_sizes(facts)
    shapes = _head(facts)
    for index in range(facts.num_layers):
        shapes |= {f"blk.{index}.{name}": shape for name, shape in layer(facts, index).items()}
    return tuple(TensorShape(name=name, shape=shape) for name, shape in shapes.items())


def blueprint_architectures() -> frozenset[str]:
    """Return the architectures that there is a tensor table for."""
    return frozenset(_LAYERS)


def _check_sizes(facts: ModelFacts) -> None:
    """Refuse sizes that the engine refuses when it loads."""
    heads, width = facts.num_heads * facts.head_size, facts.width
    if facts.num_kv_heads and facts.num_heads % facts.num_kv_heads:
        raise InvalidRequest(
            f"{facts.num_heads} heads cannot share {facts.num_kv_heads} key-value heads evenly."
        )
    if facts.architecture in _HEADS_FILL_WIDTH and heads != width:
        raise InvalidRequest(
            f"{facts.num_heads} heads of {facts.head_size} do not fill a width of {width}, as "
            f"{facts.architecture} wants."
        )
    if facts.architecture == "olmoe" and facts.num_kv_heads != facts.num_heads:
        raise InvalidRequest("olmoe wants as many key-value heads as heads.")
    if facts.attention_layers is not None:
        kinds = {facts.attends(index) for index in range(facts.num_layers)}
        if len(kinds) == 1:  # the engine ends the process: one of its two memories is empty
            raise InvalidRequest(
                f"{facts.num_layers} layers are too few for attention and recurrent ones."
            )
    inner = facts.state.inner_size if facts.state else 0
    if facts.architecture in _INNER_IS_TWICE and inner != 2 * width:
        raise InvalidRequest(
            f"The inner size is {inner}; {facts.architecture} wants twice the width {width}."
        )


def _head(facts: ModelFacts) -> Shapes:
    width, vocab = facts.width, facts.vocab_size
    last_norm = "token_embd_norm" if facts.architecture == "lfm2" else "output_norm"
    shapes: Shapes = {"token_embd.weight": (width, vocab), f"{last_norm}.weight": (width,)}
    if not facts.is_tied:
        shapes["output.weight"] = (width, vocab)
    if facts.has_rope_factors:
        shapes["rope_freqs.weight"] = (facts.head_size // 2,)
    return shapes


def _llama(facts: ModelFacts, index: int) -> Shapes:
    return norm(facts, "attn_norm") | attention(facts) | feed_forward(facts, index)


def _qwen2(facts: ModelFacts, index: int) -> Shapes:
    return _llama(facts, index) | attention_biases(facts)


def _qwen3(facts: ModelFacts, index: int) -> Shapes:
    return _llama(facts, index) | head_norms(facts)


def _olmoe(facts: ModelFacts, index: int) -> Shapes:
    return _llama(facts, index) | norm(facts, "attn_q_norm") | norm(facts, "attn_k_norm")


def _gemma2(facts: ModelFacts, index: int) -> Shapes:
    after = norm(facts, "post_attention_norm") | norm(facts, "post_ffw_norm")
    return _llama(facts, index) | after


def _gemma3(facts: ModelFacts, index: int) -> Shapes:
    return _gemma2(facts, index) | head_norms(facts)


def _phi3(facts: ModelFacts, index: int) -> Shapes:
    width, keys = facts.width, facts.num_kv_heads * facts.head_size
    return {
        "attn_norm.weight": (width,),
        "attn_qkv.weight": (width, width + 2 * keys),
        "attn_output.weight": (width, width),
        "ffn_norm.weight": (width,),
        "ffn_down.weight": (facts.feed_forward, width),
        "ffn_up.weight": (width, 2 * facts.feed_forward),
    }


def _deepseek2(facts: ModelFacts, index: int) -> Shapes:
    latent = facts.latent
    if latent is None:
        raise InvalidRequest("A blueprint of deepseek2 needs its latent attention.")
    return norm(facts, "attn_norm") | _latent(facts, latent) | feed_forward(facts, index)


def _latent(facts: ModelFacts, latent: LatentAttention) -> Shapes:
    width, heads = facts.width, facts.num_heads
    plain_size = facts.head_size - latent.rotary_size
    queries = heads * facts.head_size
    shapes: Shapes = {"attn_kv_a_norm.weight": (latent.rank,)}
    if latent.query_rank:
        shapes["attn_q_a_norm.weight"] = (latent.query_rank,)
        shapes["attn_q_a.weight"] = (width, latent.query_rank)
        shapes["attn_q_b.weight"] = (latent.query_rank, queries)
    else:
        shapes["attn_q.weight"] = (width, queries)
    return shapes | {
        "attn_kv_a_mqa.weight": (width, latent.rank + latent.rotary_size),
        "attn_k_b.weight": (plain_size, latent.rank, heads),
        "attn_v_b.weight": (latent.rank, latent.value_size, heads),
        "attn_output.weight": (heads * latent.value_size, width),
    }


def _mamba(facts: ModelFacts, _index: int) -> Shapes:
    state, width = state_of(facts), facts.width
    inner, rank = state.inner_size, state.time_step_rank
    return {
        "attn_norm.weight": (width,),
        "ssm_in.weight": (width, 2 * inner),
        "ssm_conv1d.weight": (state.conv_kernel, inner),
        "ssm_conv1d.bias": (inner,),
        "ssm_x.weight": (inner, rank + 2 * state.state_size),
        "ssm_dt.weight": (rank, inner),
        "ssm_dt.bias": (inner,),
        "ssm_a": (state.state_size, inner),
        "ssm_d": (inner,),
        "ssm_out.weight": (inner, width),
    }


def _mamba2(facts: ModelFacts, _index: int) -> Shapes:
    state, width = state_of(facts), facts.width
    inner, heads, groups = state.inner_size, state.time_step_rank, state.num_groups
    mixed = inner + 2 * groups * state.state_size
    return {
        "attn_norm.weight": (width,),
        "ssm_in.weight": (width, inner + mixed + heads),
        "ssm_conv1d.weight": (state.conv_kernel, mixed),
        "ssm_conv1d.bias": (mixed,),
        "ssm_dt.bias": (heads,),
        "ssm_a": (1, heads),
        "ssm_d": (1, heads),
        "ssm_norm.weight": (inner // groups, groups),
        "ssm_out.weight": (inner, width),
    }


def _falcon_h1(facts: ModelFacts, index: int) -> Shapes:
    shapes = _mamba2(facts, index) | attention(facts) | dense(facts)
    del shapes["ssm_norm.weight"]  # optional, and the published ones have none
    return shapes | {"ffn_norm": (facts.width,)}  # as the file has it, without `.weight`


def _granite_hybrid(facts: ModelFacts, index: int) -> Shapes:
    mixer = attention(facts) if facts.attends(index) else _mamba2(facts, index)
    return norm(facts, "attn_norm") | mixer | feed_forward(facts, index)


def _lfm2(facts: ModelFacts, index: int) -> Shapes:
    width = facts.width
    if facts.attends(index):
        mixer = attention(facts) | head_norms(facts)
    else:
        mixer = {
            "shortconv.conv.weight": (state_of(facts).conv_kernel, width),
            "shortconv.in_proj.weight": (width, 3 * width),
            "shortconv.out_proj.weight": (width, width),
        }
    return norm(facts, "attn_norm") | mixer | feed_forward(facts, index)


def _gpt_oss(facts: ModelFacts, _index: int) -> Shapes:
    width, ff, num = facts.width, facts.expert_feed_forward, facts.num_experts
    norms = norm(facts, "attn_norm") | norm(facts, "post_attention_norm")
    attending = attention(facts) | attention_biases(facts) | {"attn_output.bias": (width,)}
    biases: Shapes = {
        "attn_sinks.weight": (facts.num_heads,),
        "ffn_gate_inp.bias": (num,),
        "ffn_gate_exps.bias": (ff, num),
        "ffn_down_exps.bias": (width, num),
        "ffn_up_exps.bias": (ff, num),
    }
    return norms | attending | experts(facts) | biases


_LAYERS: Mapping[str, Callable[[ModelFacts, int], Shapes]] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "qwen3moe": _qwen3,
    "olmoe": _olmoe,
    "gemma2": _gemma2,
    "gemma3": _gemma3,
    "phi3": _phi3,
    "deepseek2": _deepseek2,
    "mamba": _mamba,
    "mamba2": _mamba2,
    "falcon-h1": _falcon_h1,
    "granitehybrid": _granite_hybrid,
    "lfm2": _lfm2,
    "gpt-oss": _gpt_oss,
}
_HEADS_FILL_WIDTH = frozenset({"qwen2", "olmoe", "phi3", "lfm2"})
_INNER_IS_TWICE = frozenset({"mamba", "granitehybrid"})
