"""Read a model's `config.json`: the shape of the network, under the many names it goes by.

The names are those of the configuration classes of transformers. What a `config.json` leaves out
has the default of its class, and those defaults are a table (`hub_defaults.toml`), because a model
is described here without importing transformers, and no code of the model is ever run.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from hearth.models.card import RopeScaling
from hearth.models.formats.documents import decimal_of, number_of, part_of, text_of, texts_of
from hearth.models.formats.hub_layers import MAX_LAYERS, LayerKinds, layer_kinds
from hearth.models.labels import plain

# Where models that also see or hear keep the configuration of their language model.
_LANGUAGE_PARTS = ("text_config", "llm_config", "language_config")
_THINKER = "thinker_config"  # of models that also speak; it has the parts above in turn
_VISION_MARKS = ("vision_config", "vision_tower", "mm_vision_tower", "image_token_id", "visual")

_NAMES = MappingProxyType(
    {
        "num_layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"),
        "width": ("hidden_size", "n_embd", "d_model", "dim", "model_dim"),
        "feed_forward_length": (
            "intermediate_size",
            "ffn_dim",
            "n_inner",
            "d_ff",
            "ffn_hidden_size",
            "encoder_ffn_dim",
        ),
        "num_heads": (
            "num_attention_heads",
            "n_head",
            "n_heads",
            "num_heads",
            "encoder_attention_heads",
        ),
        "num_kv_heads": (
            "num_key_value_heads",
            "num_kv_heads",
            "n_head_kv",
            "num_attention_groups",
        ),
        "head_size": ("head_dim", "attention_head_dim", "kv_channels", "d_kv"),
        "vocab_size": ("vocab_size", "padded_vocab_size", "n_vocab"),
        "context_length": (
            "max_position_embeddings",
            "n_positions",
            "n_ctx",
            "seq_length",
            "max_seq_len",
            "max_sequence_length",
            "model_max_length",
        ),
        "num_experts": (
            "num_local_experts",
            "num_experts",
            "n_routed_experts",
            "moe_num_experts",
        ),
        "num_experts_used": (
            "num_experts_per_tok",
            "num_experts_per_token",
            "moe_k",
            "moe_topk",
            "moe_top_k",
            "num_selected_experts",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubConfig:
    """What a `config.json` says of the language model; the names are those of the card.

    Args:
        names_head_size: False when the size of a head was computed from the width.
        model_class: The class that the weights were saved from ("Qwen3ForCausalLM"), or None.
        sees_images: True when it has a vision part.
    """

    architecture: str | None
    model_class: str | None
    num_layers: int | None
    width: int | None
    feed_forward_length: int | None
    num_heads: int | None
    num_kv_heads: int | None
    head_size: int | None
    names_head_size: bool
    num_experts: int
    num_experts_used: int
    layers: LayerKinds
    context_length: int | None
    rope_scaling: RopeScaling | None
    vocab_size: int | None
    sees_images: bool


@functools.cache
def hub_defaults() -> Mapping[str, Mapping[str, Any]]:
    """Return what each family's configuration class assumes where a file names nothing."""
    text = resources.files("hearth.models.formats").joinpath("hub_defaults.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def read_config(config: Mapping[str, Any]) -> HubConfig:
    """Return what a `config.json` says.

    Args:
        config: The parsed file; values of the wrong kind count as missing.
    """
    text = _language_part(config)
    architecture = text_of(text.get("model_type")) or text_of(config.get("model_type"))
    outer = text_of(config.get("model_type")) or architecture
    defaults = hub_defaults().get(architecture or "", {})
    found = {fact: _first(text, names) for fact, names in _NAMES.items()}
    found = {fact: defaults.get(fact) if v is None else v for fact, v in found.items()}
    heads = found["num_heads"]
    if (found["num_layers"] or 0) > MAX_LAYERS:
        found["num_layers"] = None
    num_experts = found["num_experts"] or 0
    named = _named_head_size(text, found["head_size"])
    layers = layer_kinds(text, architecture or "", found["num_layers"], defaults)
    return HubConfig(
        architecture=plain(outer) if outer else None,
        model_class=next(map(plain, texts_of(config.get("architectures"))), None),
        num_layers=found["num_layers"] or layers.num_listed,
        width=found["width"],
        feed_forward_length=found["feed_forward_length"],
        num_heads=heads,
        num_kv_heads=_kv_heads(text, found["num_kv_heads"], heads),
        head_size=named or _shared_evenly(found["width"], heads),
        names_head_size=named is not None,
        num_experts=num_experts if num_experts > 1 else 0,
        num_experts_used=(found["num_experts_used"] or 0) if num_experts > 1 else 0,
        layers=layers,
        context_length=found["context_length"],
        rope_scaling=_rope_scaling(text, found["context_length"]),
        vocab_size=found["vocab_size"],
        sees_images=any(config.get(mark) is not None for mark in _VISION_MARKS),
    )


def _language_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    config = part_of(config.get(_THINKER)) or config
    parts = (part_of(config.get(name)) for name in _LANGUAGE_PARTS)
    return next(filter(None, parts), config)


def _first(config: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        value = config.get(name)
        # A size per layer: the largest stands for the model.
        listed = value if isinstance(value, list) else [value]
        sizes = [size for entry in listed if (size := number_of(entry, low=0)) is not None]
        if sizes:
            return max(sizes)
    return None


def _kv_heads(text: Mapping[str, Any], named: int | None, heads: int | None) -> int | None:
    attention = part_of(text.get("attn_config"))  # MPT and DBRX keep it apart
    named = number_of(attention.get("kv_n_heads")) or named
    if named is not None:
        return named
    return 1 if text.get("multi_query") is True else heads


def _named_head_size(text: Mapping[str, Any], named: int | None) -> int | None:
    latent = [number_of(text.get(name)) for name in ("qk_nope_head_dim", "qk_rope_head_dim")]
    if all(latent):  # multi-head latent attention: a part with positions and one without
        return sum(size for size in latent if size)
    return named or None


def _shared_evenly(width: int | None, heads: int | None) -> int | None:
    return width // heads if width and heads else None


def _rope_scaling(text: Mapping[str, Any], context_length: int | None) -> RopeScaling | None:
    rope = part_of(text.get("rope_scaling") or text.get("rope_parameters"))
    rope = part_of(rope.get("full_attention")) or rope  # one set per kind of layer
    kind = text_of(rope.get("rope_type")) or text_of(rope.get("type"))
    if kind is None or kind in ("default", "mrope"):  # mrope: positions in pictures, no stretching
        return None
    original = number_of(rope.get("original_max_position_embeddings")) or number_of(
        text.get("original_max_position_embeddings")
    )
    factor = decimal_of(rope.get("factor"))
    if factor is None and context_length and original:
        factor = context_length / original
    return RopeScaling(
        kind=plain(kind),
        factor=factor,
        original_context_length=original,
    )
