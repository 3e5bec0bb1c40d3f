"""Write hub_defaults.toml: the sizes that transformers' configuration classes assume.

A published `config.json` may leave out what equals the default of its class. The class attributes
are read, not instances, because an instance also holds what it computed from other sizes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
)

TARGET = Path(__file__).parents[1] / "src/hearth/models/formats/hub_defaults.toml"
HEAD = f"""\
# What the configuration class of each family assumes where a `config.json` names nothing.
# Made by tools/hub_defaults.py from transformers {transformers.__version__} (Apache-2.0): class
# attributes of its `configuration_*.py`. Families with nothing to say are not listed.

"""
# The card's names, and those of the library.
NAMES = {
    "num_layers": "num_hidden_layers",
    "width": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "head_size": "head_dim",
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
    "num_experts": "num_local_experts",
    "num_experts_used": "num_experts_per_tok",
    "sliding_window": "sliding_window",
    "use_sliding_window": "use_sliding_window",
}
MORE_NAMES = {"num_experts": ("num_experts", "n_routed_experts", "moe_num_experts")}


def main() -> None:
    """Write one line per family."""
    types = {
        *MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        *MODEL_FOR_MASKED_LM_MAPPING_NAMES,
        *MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    }
    lines = [line for name in sorted(types) if (line := _line(name))]
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def _line(model_type: str) -> str | None:
    config = CONFIG_MAPPING[model_type]
    facts = {fact: value for fact in NAMES if (value := _default(config, fact)) is not None}
    if not facts:
        return None
    listed = ", ".join(f"{fact} = {str(value).lower()}" for fact, value in facts.items())
    return f'"{model_type}" = {{ {listed} }}'


def _default(config: Any, fact: str) -> int | bool | None:
    for name in (NAMES[fact], *MORE_NAMES.get(fact, ())):
        value = getattr(config, config.attribute_map.get(name, name), None)
        if isinstance(value, int):
            return value
    return None


if __name__ == "__main__":
    main()
