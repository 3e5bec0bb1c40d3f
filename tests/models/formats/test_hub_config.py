"""A `config.json` may hold anything; what comes of it is a size that can be, or nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hearth.models.formats.hub_config import hub_defaults, read_config
from hearth.models.formats.hub_layers import MAX_LAYERS
from hearth.models.formats.packing import find_packing

KEYS = [
    "model_type",
    "architectures",
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "n_layer",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "max_position_embeddings",
    "num_experts",
    "layer_types",
    "num_local_experts",
    "num_experts_per_tok",
    "sliding_window",
    "sliding_window_pattern",
    "multi_query",
    "use_sliding_window",
    "max_window_layers",
    "rope_scaling",
    "rope_parameters",
    "text_config",
    "vision_config",
    "thinker_config",
    "attn_config",
    "hybrid_override_pattern",
    "attn_layer_period",
    "attn_layer_offset",
    "full_attention_interval",
    "attn_layer_indices",
    "quantization_config",
    "quantization",
    "qk_nope_head_dim",
    "qk_rope_head_dim",
    "quant_method",
    "bits",
    "group_size",
    "type",
    "factor",
    "config_groups",
]
NAMES = ("llama", "gemma2", "qwen3_next", "jamba", "falcon_h1", "mamba", "sliding_attention")

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=30,
)
configs = st.dictionaries(st.sampled_from(KEYS), values, max_size=16)


@given(configs)
@example({"model_type": "gemma2", "num_hidden_layers": 2**39})
@example({"model_type": "mamba", "num_hidden_layers": True})
@example({"num_hidden_layers": 4, "use_sliding_window": True, "max_window_layers": -(2**70)})
@example({"num_hidden_layers": 4, "sliding_window": 8, "sliding_window_pattern": 0})
@example({"attn_layer_indices": [1, 2, 3]})
def test_any_config_gives_sizes_that_can_be(config: dict[str, Any]) -> None:
    found = read_config(config)
    for name, value in dataclasses.asdict(found).items():
        if isinstance(value, int):
            assert 0 <= value < 2**41, name
    assert (found.num_layers or 0) <= MAX_LAYERS
    assert 0 <= found.layers.num_windowed <= MAX_LAYERS
    assert 0 <= found.layers.num_recurrent <= MAX_LAYERS
    packing = find_packing(config, other={})
    assert packing is None or packing.label.isprintable()


def test_a_config_that_nests_deep_is_no_crash() -> None:
    text = '{"thinker_config":' * 400 + '{"text_config":' * 400 + "{}" + "}" * 800
    assert read_config(json.loads(text)).num_layers is None


def test_the_table_of_defaults_is_one_of_sizes() -> None:
    assert len(hub_defaults()) > 150
    for name, row in hub_defaults().items():
        for fact, value in row.items():
            assert isinstance(value, int), (name, fact)
