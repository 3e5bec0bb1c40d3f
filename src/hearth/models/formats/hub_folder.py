"""Describe a model in the hub's layout: `config.json`, a tokenizer, and weights in safetensors.

Some facts come from two places, the configuration and the tensors' shapes. What only one of them
tells is taken from there; where both tell and differ, the card has a warning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hearth.models.card import (
    Abilities,
    CardFile,
    ModelCard,
    OtherWay,
    TensorEntry,
    bytes_by_type,
    mean_bits,
)
from hearth.models.formats.chat_template import find_template, template_abilities
from hearth.models.formats.documents import read_json, text_of
from hearth.models.formats.engines import other_way, packed_way
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.hub_config import HubConfig, read_config
from hearth.models.formats.hub_shapes import seen_shape
from hearth.models.formats.hub_weights import read_weights
from hearth.models.formats.lineage import Readme, find_lineage, read_readme
from hearth.models.formats.other_names import gguf_architecture
from hearth.models.formats.packing import Packing, count_weights, find_packing
from hearth.models.labels import plain

CONFIG = "config.json"
_OLD_PACKING_FILES = ("quantize_config.json", "quant_config.json")
_EMBEDDING_MARKS = ("modules.json", "config_sentence_transformers.json")
_EMBEDDING_TASKS = frozenset({"feature-extraction", "sentence-similarity"})
# Granite keeps all experts in two matrices that are called otherwise.
_EXPERT = re.compile(r"\.experts\.|\.block_sparse_moe\.(?:input|output)_linear\.")


def safetensors_card(files: ModelFiles) -> ModelCard:
    """Describe a model whose weights are safetensors files.

    Raises:
        BadModelFile: A file is damaged or missing, or claims something impossible.
    """
    weights = read_weights(files)
    packing = _packing(files)
    tensors = count_weights(weights.tensors, packing) if packing else weights.tensors
    card = describe_folder(files, weights.files, tensors)
    plain_format = "mlx" if weights.metadata.get("format") == "mlx" else "safetensors"
    card = replace(
        card,
        format=packing.method if packing else plain_format,
        quantization=packing.label if packing else most_weights(tensors),
        warnings=(*card.warnings, *weights.warnings),
    )
    return replace(card, if_not=_other_way(files, card, packing))


def describe_folder(
    files: ModelFiles, names: Sequence[str], tensors: tuple[TensorEntry, ...]
) -> ModelCard:
    """Describe what stands beside the weights of a model, whatever format those have.

    Args:
        files: The model's folder.
        names: The files that hold the weights.
        tensors: What is in them, as far as it can be told.
    """
    raw = read_json(files, CONFIG) or {}
    config = read_config(raw)
    readme = read_readme(files)
    seen = seen_shape(tensors, config)
    template = find_template(files)
    return ModelCard(
        format="safetensors",
        kind=_kind(files, config, readme),
        name=plain(files.name),
        files=tuple(CardFile(name=name, size_bytes=files.sizes[name]) for name in names),
        architecture=config.architecture,
        model_class=config.model_class,
        num_parameters=sum(tensor.num_weights for tensor in tensors) or None,
        active_parameters=_active_parameters(tensors, config) or None,
        num_layers=config.num_layers or seen.num_layers,
        width=config.width or seen.width,
        feed_forward_length=config.feed_forward_length,
        num_heads=config.num_heads,
        num_kv_heads=config.num_kv_heads,
        head_size=seen.head_size,
        num_experts=config.num_experts,
        num_experts_used=config.num_experts_used,
        sliding_window=config.layers.sliding_window,
        num_windowed_layers=config.layers.num_windowed,
        num_recurrent_layers=config.layers.num_recurrent,
        context_length=config.context_length,
        rope_scaling=config.rope_scaling,
        vocab_size=config.vocab_size or seen.vocab_size,
        tokenizer=_tokenizer(files),
        chat_template=template,
        abilities=_abilities(template, config, has_config=bool(raw)),
        quantization=most_weights(tensors),
        bits_per_weight=mean_bits(tensors),
        bytes_by_type=bytes_by_type(tensors),
        license=readme.license,
        lineage=find_lineage(files, readme),
        warnings=seen.warnings,
        tensors=tensors,
    )


def most_weights(tensors: Sequence[TensorEntry]) -> str | None:
    """Return the type that most weights have."""
    found: Counter[str] = Counter()
    for tensor in tensors:
        found[tensor.type] += tensor.num_weights
    return found.most_common(1)[0][0] if found else None


def _packing(files: ModelFiles) -> Packing | None:
    older = [found for name in _OLD_PACKING_FILES if (found := read_json(files, name))]
    return find_packing(read_json(files, CONFIG) or {}, other=older[0] if older else {})


def _active_parameters(tensors: Sequence[TensorEntry], config: HubConfig) -> int:
    everything = sum(tensor.num_weights for tensor in tensors)
    if not config.num_experts or not config.num_experts_used:
        return everything
    experts = sum(tensor.num_weights for tensor in tensors if _EXPERT.search(tensor.name))
    return everything - experts + experts * config.num_experts_used // config.num_experts


def _kind(files: ModelFiles, config: HubConfig, readme: Readme) -> str:
    if any(mark in files.sizes for mark in _EMBEDDING_MARKS):
        return "embedding"
    if readme.purpose in _EMBEDDING_TASKS:
        return "embedding"
    model_class = config.model_class or ""
    if "Classification" in model_class:
        return "classifier"
    return "encoder" if model_class.endswith("ForMaskedLM") else "model"


def _abilities(template: str | None, config: HubConfig, *, has_config: bool) -> Abilities:
    found = template_abilities(template)
    if config.sees_images:
        return replace(found, images=True)
    return replace(found, images=False if has_config else found.images)


def _tokenizer(files: ModelFiles) -> str | None:
    settings: Mapping[str, Any] = read_json(files, "tokenizer_config.json") or {}
    named = text_of(settings.get("tokenizer_class"))
    if named is not None:
        return plain(named)
    by_file = {"tokenizer.json": "tokenizers", "tokenizer.model": "SentencePiece"}
    return next((kind for name, kind in by_file.items() if name in files.sizes), None)


def _other_way(files: ModelFiles, card: ModelCard, packing: Packing | None) -> OtherWay:
    family = card.architecture
    if family is None:
        return other_way("weights_alone")
    row = packed_way(packing.method) if packing else card.format
    if row in ("safetensors", "fp8") and gguf_architecture(family) is None:
        row = "unknown_family"
    elif row == "safetensors" and card.kind in ("embedding", "encoder", "classifier"):
        row = "embedding_folder"
    return other_way(row, folder=files.where, name=card.name, family=family, lineage=card.lineage)
