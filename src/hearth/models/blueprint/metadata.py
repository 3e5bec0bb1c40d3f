"""A blueprint's metadata: the keys that llama.cpp reads for each architecture.

Source: load_hparams in src/llama-model.cpp and load_arch_hparams in src/models/*.cpp of llama.cpp,
as carried by llama-cpp-python 0.3.36, and the keys that its conversion scripts write.
"""

from __future__ import annotations

from collections.abc import Mapping

from hearth.models.blueprint.facts import ModelFacts
from hearth.models.gguf.metadata import GgufArray, Value, ValueType

NORM_EPSILON = 1e-6
QUANTIZATION_VERSION = 2  # GGML_QNT_VERSION: the layout of quantized blocks
SIGMOID = 2  # llama_expert_gating_func_type
_INT_BYTES = 4


def metadata_of(name: str, facts: ModelFacts) -> dict[str, Value]:
    """Return the metadata of a model, in the order in which a file carries it.

    Args:
        name: What the file calls the model.
        facts: The sizes of the model.
    """
    own = _sizes(facts) | _attention(facts) | _experts(facts) | _latent(facts) | _state(facts)
    own |= _OWN_KEYS.get(facts.architecture, {})
    return {
        "general.architecture": facts.architecture,
        "general.name": name,
        "general.quantization_version": QUANTIZATION_VERSION,
        **{f"{facts.architecture}.{key}": value for key, value in own.items()},
        "tokenizer.ggml.model": "no_vocab",
    }


def _sizes(facts: ModelFacts) -> dict[str, Value]:
    return {
        "block_count": facts.num_layers,
        "context_length": facts.context_length,
        "embedding_length": facts.width,
        "feed_forward_length": facts.feed_forward or facts.expert_feed_forward,
        "vocab_size": facts.vocab_size,
        "attention.head_count": facts.num_heads,
        "attention.layer_norm_rms_epsilon": NORM_EPSILON,
    }


def _attention(facts: ModelFacts) -> dict[str, Value]:
    if not facts.num_heads:
        return {}
    kv_heads: Value = facts.num_kv_heads
    if facts.attention_layers is not None:
        counts = (
            facts.num_kv_heads if facts.attends(index) else 0 for index in range(facts.num_layers)
        )
        kv_heads = _numbers(tuple(counts))
    keys: dict[str, Value] = {
        "attention.head_count_kv": kv_heads,
        "rope.freq_base": facts.rope_base,
    }
    if facts.latent is None:
        keys |= {
            "attention.key_length": facts.head_size,
            "attention.value_length": facts.head_size,
            "rope.dimension_count": facts.head_size,
        }
    if facts.window:
        keys["attention.sliding_window"] = facts.window
    return keys


def _experts(facts: ModelFacts) -> dict[str, Value]:
    if not facts.num_experts:
        return {}
    keys: dict[str, Value] = {
        "expert_count": facts.num_experts,
        "expert_used_count": facts.num_experts_used,
        "expert_feed_forward_length": facts.expert_feed_forward,
    }
    if facts.num_dense_layers:
        keys["leading_dense_block_count"] = facts.num_dense_layers
    if facts.has_router_bias:
        keys["expert_gating_func"] = SIGMOID
    if facts.shared_feed_forward:
        keys["expert_shared_feed_forward_length"] = facts.shared_feed_forward
    return keys


def _latent(facts: ModelFacts) -> dict[str, Value]:
    latent = facts.latent
    if latent is None:
        return {}
    return {
        # The engine keeps the compressed row as one key-value head.
        "attention.head_count_kv": 1,
        "attention.key_length": latent.rank + latent.rotary_size,
        "attention.value_length": latent.rank,
        "attention.key_length_mla": facts.head_size,
        "attention.value_length_mla": latent.value_size,
        "attention.kv_lora_rank": latent.rank,
        "attention.q_lora_rank": latent.query_rank,
        "rope.dimension_count": latent.rotary_size,
        "expert_shared_count": facts.shared_feed_forward // (facts.expert_feed_forward or 1),
    }


def _state(facts: ModelFacts) -> dict[str, Value]:
    state = facts.state
    if state is None:
        return {}
    if not state.inner_size:
        return {"shortconv.l_cache": state.conv_kernel}
    keys: dict[str, Value] = {
        "ssm.conv_kernel": state.conv_kernel,
        "ssm.inner_size": state.inner_size,
        "ssm.state_size": state.state_size,
        "ssm.time_step_rank": state.time_step_rank,
    }
    if state.num_groups:
        keys["ssm.group_count"] = state.num_groups
    if state.is_normed:
        keys["ssm.dt_b_c_rms"] = True
    return keys


def _numbers(values: tuple[int, ...]) -> GgufArray:
    return GgufArray(
        element_type=ValueType.UINT32,
        count=len(values),
        position=0,
        size_bytes=_INT_BYTES * len(values),
        values=values,
    )


_OWN_KEYS: Mapping[str, dict[str, Value]] = {
    "gemma2": {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
}
