"""Cards of models in the hub's layout say what transformers and safetensors read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from transformers import CONFIG_MAPPING, AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

from hearth.models.formats.hub_config import HubConfig, read_config
from hearth.models.identify import identify
from support.hub_folders import HUB_FAMILIES, write_hub_model

# The library's names of the facts that a card has.
NAMES = {
    "num_layers": "num_hidden_layers",
    "width": "hidden_size",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "head_size": "head_dim",
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
}


def read_with_safetensors(folder: Path) -> dict[str, tuple[tuple[int, ...], str, str]]:
    found = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118, it is no dictionary
                tensor = file.get_slice(name)
                found[name] = (tuple(tensor.get_shape()), tensor.get_dtype(), path.name)
    return found


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("model_type", HUB_FAMILIES)
def test_the_card_agrees_with_transformers_and_safetensors(
    model_type: str, shards: int, tmp_path: Path
) -> None:
    folder = write_hub_model(tmp_path / "pico", model_type, shards=shards)
    card = identify(folder)
    config = AutoConfig.from_pretrained(folder)
    assert card.format == "safetensors"
    assert card.architecture == config.model_type == model_type
    for fact, name in NAMES.items():
        expected = getattr(config, name, None)
        assert expected is None or getattr(card, fact) == expected, fact
    listed = {tensor.name: (tensor.shape, tensor.type, tensor.file) for tensor in card.tensors}
    assert listed == read_with_safetensors(folder)
    assert card.num_parameters == sum(math.prod(shape) for shape, _, _ in listed.values())
    assert card.bits_per_weight == 16
    assert len(card.files) == shards


@pytest.mark.parametrize("model_type", ["gemma2", "gemma3_text"])
def test_windowed_layers_are_those_of_transformers(model_type: str, tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "pico", model_type)
    card = identify(folder)
    config = AutoConfig.from_pretrained(folder)
    assert card.sliding_window == config.sliding_window == 64
    assert card.num_windowed_layers == config.layer_types.count("sliding_attention") > 0


@pytest.mark.parametrize("model_type", ["mixtral", "qwen3_moe"])
def test_a_mixture_of_experts_uses_a_part_of_itself(model_type: str, tmp_path: Path) -> None:
    card = identify(write_hub_model(tmp_path / "pico", model_type))
    assert (card.num_experts, card.num_experts_used) == (8, 2)
    experts = sum(tensor.num_weights for tensor in card.tensors if ".experts." in tensor.name)
    assert card.num_parameters is not None
    assert card.active_parameters == card.num_parameters - experts + experts // 4


def test_states_in_place_of_attention(tmp_path: Path) -> None:
    assert identify(write_hub_model(tmp_path / "a", "mamba")).num_recurrent_layers == 4
    assert identify(write_hub_model(tmp_path / "b", "falcon_h1")).num_recurrent_layers == 4
    assert identify(write_hub_model(tmp_path / "c", "llama")).num_recurrent_layers == 0


def expected(config: Any, fact: str) -> int | None:
    """Return what a configuration of transformers says; None where it has nothing to compare."""
    text = config.get_text_config()
    if fact == "head_size" and hasattr(text, "qk_nope_head_dim"):
        # The library's head_dim is the part with positions; a head is both parts.
        return text.qk_nope_head_dim + text.qk_rope_head_dim
    value = getattr(text, NAMES[fact], None)
    return value if isinstance(value, int) and value > 0 else None  # -1: without a limit


def comparable(model_type: str) -> Any | None:
    """Return a class's own configuration; None for the few that no single figure describes."""
    try:
        config = CONFIG_MAPPING[model_type]()
        text = config.get_text_config()
        for name in NAMES.values():
            getattr(text, name, None)
    # Classes that refuse to be made without arguments, hold several language models, or have
    # layers of different sizes: each of them has an error of its own.
    except Exception:
        return None
    # LongCat counts each of its layers twice.
    return None if config.is_encoder_decoder or model_type == "longcat_flash" else config


def test_every_language_model_of_transformers_is_read_as_it_reads_it() -> None:
    compared = 0
    for model_type in sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES):
        config = comparable(model_type)
        if config is None:
            continue
        found: HubConfig = read_config(json.loads(config.to_json_string()))
        for fact in NAMES:
            value = expected(config, fact)
            assert value is None or getattr(found, fact) == value, (model_type, fact)
            compared += value is not None
    assert compared > 800


def test_what_a_config_leaves_out_is_the_default_of_its_class() -> None:
    for model_type in ("gemma3_text", "qwen3", "mixtral", "bert"):
        config = CONFIG_MAPPING[model_type]()
        found = read_config({"model_type": model_type})
        for fact, name in NAMES.items():
            value = getattr(config, name, None)
            assert value is None or getattr(found, fact) == value, (model_type, fact)
