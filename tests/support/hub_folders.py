"""Models in the hub's layout, as transformers and safetensors write them, a few kilobytes each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from transformers import CONFIG_MAPPING

from support.pico import CHATML

SMALL = {
    "num_hidden_layers": 4,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 300,
    "max_position_embeddings": 512,
}
# What sets each family apart; sizes that a class does not know are left out.
HUB_FAMILIES: Mapping[str, Mapping[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"head_dim": 32},
    "gemma2": {"head_dim": 32, "sliding_window": 64},
    "gemma3_text": {"head_dim": 32, "sliding_window": 64},
    "phi3": {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
    "mixtral": {"num_local_experts": 8, "num_experts_per_tok": 2},
    "qwen3_moe": {"num_experts": 8, "num_experts_per_tok": 2, "head_dim": 32},
    "mamba": {},
    "falcon_h1": {"head_dim": 16},
    "bert": {},
}


def write_hub_model(
    folder: Path, model_type: str, *, shards: int = 1, readme: str | None = None
) -> Path:
    """Write a model of random weights and return its folder.

    Args:
        folder: Made if it is missing.
        model_type: One of `HUB_FAMILIES`.
        shards: Number of safetensors files; with more than one, an index stands beside them.
        readme: Text of a README.md.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = CONFIG_MAPPING[model_type]().to_dict()
    sizes = {name: value for name, value in SMALL.items() if name in known}
    config = CONFIG_MAPPING[model_type](**sizes, **HUB_FAMILIES[model_type])
    config.architectures = ["PicoForCausalLM"]
    config.save_pretrained(folder)
    write_json(folder / "tokenizer_config.json", {"chat_template": CHATML})
    if readme is not None:
        (folder / "README.md").write_text(readme, encoding="utf-8")
    write_weights(folder, hub_tensors(config), shards=shards)
    return folder


def write_weights(
    folder: Path,
    tensors: Mapping[str, np.ndarray],
    *,
    shards: int = 1,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors into one file, or into several with an index."""
    told = dict(metadata or {"format": "pt"})
    if shards == 1:
        save_file(dict(tensors), folder / "model.safetensors", metadata=told)
        return
    weight_map = {}
    for number in range(shards):
        name = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
        part = {key: tensors[key] for key in list(tensors)[number::shards]}
        save_file(part, folder / name, metadata=told)
        weight_map |= dict.fromkeys(part, name)
    total = sum(tensor.nbytes for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    write_json(folder / "model.safetensors.index.json", index)


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")


def hub_tensors(config: Any) -> dict[str, np.ndarray]:
    """Return tensors named and shaped as those of a language model of this configuration."""
    width, heads = config.hidden_size, getattr(config, "num_attention_heads", 0)
    kv_heads = getattr(config, "num_key_value_heads", None) or heads
    head_size = getattr(config, "head_dim", None) or (width // heads if heads else 0)
    experts = getattr(config, "num_local_experts", getattr(config, "num_experts", 0))
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config.vocab_size, width)}
    for layer in range(config.num_hidden_layers):
        block = f"model.layers.{layer}"
        shapes[f"{block}.input_layernorm.weight"] = (width,)
        if heads:
            shapes[f"{block}.self_attn.q_proj.weight"] = (heads * head_size, width)
            shapes[f"{block}.self_attn.k_proj.weight"] = (kv_heads * head_size, width)
            shapes[f"{block}.self_attn.v_proj.weight"] = (kv_heads * head_size, width)
            shapes[f"{block}.self_attn.o_proj.weight"] = (width, heads * head_size)
        for expert in range(experts or 0):
            shapes[f"{block}.mlp.experts.{expert}.up_proj.weight"] = (32, width)
        shapes[f"{block}.mlp.down_proj.weight"] = (width, 128)
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(shape).astype(np.float16) for name, shape in shapes.items()}
