"""Describe what accompanies a model as a GGUF of its own: adapters and multimodal projectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hearth.models.card import AdapterFacts, ModelCard
from hearth.models.formats.documents import decimal_of
from hearth.models.formats.engines import other_way
from hearth.models.formats.gguf_values import label, number
from hearth.models.gguf.metadata import Value


def describe_adapter(card: ModelCard, metadata: Mapping[str, Value]) -> ModelCard:
    """Return the card of a LoRA adapter in a GGUF."""
    # The inner dimension of the thin matrices; GGUF stores it last of `a`, shown first here.
    ranks = [tensor.shape[0] for tensor in card.tensors if tensor.name.endswith(".lora_a")]
    targets = {
        tensor.name.removesuffix(".lora_a").removesuffix(".weight").rpartition(".")[2]
        for tensor in card.tensors
        if tensor.name.endswith(".lora_a")
    }
    return replace(
        card,
        kind="adapter",
        adapter=AdapterFacts(
            method=label(metadata, "adapter.type") or "lora",
            rank=max(ranks, default=None),
            alpha=decimal_of(metadata.get("adapter.lora.alpha")),
            targets=tuple(sorted(targets)),
        ),
        if_not=other_way("adapter", lineage=card.lineage),
    )


def describe_projector(card: ModelCard, metadata: Mapping[str, Value]) -> ModelCard:
    """Return the card of a projector, which turns pictures or sound into tokens."""
    part = "audio" if metadata.get("clip.has_audio_encoder") is True else "vision"
    if metadata.get("clip.has_vision_encoder") is True:
        part = "vision"
    return replace(
        card,
        kind="projector",
        num_layers=number(metadata, f"clip.{part}.block_count"),
        width=number(metadata, f"clip.{part}.embedding_length"),
        feed_forward_length=number(metadata, f"clip.{part}.feed_forward_length"),
        num_heads=number(metadata, f"clip.{part}.attention.head_count"),
        abilities=replace(card.abilities, images=part == "vision"),
        if_not=other_way("projector", lineage=card.lineage),
    )
