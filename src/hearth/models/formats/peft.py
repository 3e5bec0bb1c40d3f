"""Describe an adapter of PEFT, or of MLX: `adapter_config.json` and a few thin matrices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hearth.models.card import AdapterFacts, Lineage, ModelCard
from hearth.models.formats.documents import (
    decimal_of,
    number_of,
    part_of,
    read_json,
    text_of,
    texts_of,
)
from hearth.models.formats.engines import other_way
from hearth.models.formats.files import ModelFiles
from hearth.models.formats.hub_folder import describe_folder
from hearth.models.formats.hub_weights import read_weights
from hearth.models.labels import plain

ADAPTER_CONFIG = "adapter_config.json"
MAX_TARGETS = 64
_RANKED = (".lora_A.weight", ".lora_A.default.weight", ".lora_a")


def peft_card(files: ModelFiles) -> ModelCard:
    """Describe an adapter.

    Raises:
        BadModelFile: Its weights are damaged, or are no safetensors file.
    """
    settings = read_json(files, ADAPTER_CONFIG) or {}
    weights = read_weights(files)
    if not weights.files:
        raise files.fail(
            "it is an adapter without weights in safetensors, and pickles are not opened",
            "Save it again with safe_serialization=True.",
        )
    card = describe_folder(files, weights.files, weights.tensors)
    is_mlx = "lora_parameters" in settings
    base = text_of(settings.get("base_model_name_or_path" if not is_mlx else "model"))
    lineage = Lineage(
        adapter_of=plain(base) if base else next(iter(card.lineage.base_models), None)
    )
    facts = _mlx_facts(settings) if is_mlx else _peft_facts(settings, card)
    return replace(
        card,
        format="mlx" if is_mlx else "peft",
        kind="adapter",
        adapter=facts,
        lineage=lineage,
        if_not=other_way(
            "mlx_adapter" if is_mlx else "peft",
            folder=files.where,
            name=card.name,
            lineage=lineage,
        ),
    )


def _peft_facts(settings: Mapping[str, Any], card: ModelCard) -> AdapterFacts:
    ranks = [
        tensor.shape[0]
        for tensor in card.tensors
        if tensor.name.endswith(_RANKED) and len(tensor.shape) == 2
    ]
    targets = settings.get("target_modules")
    method = text_of(settings.get("peft_type")) or "lora"
    return AdapterFacts(
        method="dora" if settings.get("use_dora") is True else plain(method, 40).lower(),
        rank=max(ranks, default=number_of(settings.get("r"))),
        alpha=decimal_of(settings.get("lora_alpha")),
        targets=tuple(plain(name) for name in sorted(texts_of(targets))[:MAX_TARGETS]),
    )


def _mlx_facts(settings: Mapping[str, Any]) -> AdapterFacts:
    parameters = part_of(settings.get("lora_parameters"))
    rank, scale = number_of(parameters.get("rank")), decimal_of(parameters.get("scale"))
    return AdapterFacts(
        method=plain(text_of(settings.get("fine_tune_type")) or "lora", 40),
        rank=rank,
        alpha=scale * rank if scale is not None and rank is not None else None,
        targets=tuple(plain(key) for key in texts_of(parameters.get("keys"))[:MAX_TARGETS]),
    )
