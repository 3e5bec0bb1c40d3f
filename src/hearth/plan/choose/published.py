"""Well-known models by name: their published configuration stands in for a header."""

from __future__ import annotations

import re
from pathlib import Path

from hearth.models.gguf.info import ModelInfo
from hearth.plan.choose.subject import Subject
from hearth.plan.known import KnownModel, known_models

_BITS = 16.0  # as they are published; other quantizations are reckoned from there
_NO_LETTERS = re.compile(r"[\s_-]+")


def find_published(text: str) -> Subject | None:
    """Return the well-known model of this whole name, in any case of letters; None if none is."""
    wanted = _plain(text)
    for model in known_models():
        names = (*model.names, model.name, model.source.removeprefix("https://huggingface.co/"))
        if wanted in map(_plain, names):
            return subject_of_known(model)
    return None


def subject_of_known(model: KnownModel) -> Subject:
    """Return a well-known model as something to plan for, in 16 bits."""
    return Subject(
        info=_info(model),
        shape=model.shape(_BITS),
        name=model.name,
        is_file=False,
        source=f"its published configuration, {model.source}",
    )


def _info(model: KnownModel) -> ModelInfo:
    shape = model.shape(_BITS)
    weight_bytes = round(shape.weight_bytes)
    widest = max(model.feed_forward, model.num_experts_used * model.expert_feed_forward)
    return ModelInfo(
        files=(Path(f"{model.name}.gguf"),),
        name=model.name,
        architecture="llama",  # stands for any: only caches and sizes count here
        file_bytes=weight_bytes,
        weight_bytes=weight_bytes,
        num_parameters=round(model.num_parameters),
        active_parameters=round(model.active_parameters),
        quantization="F16",
        bits_per_weight=_BITS,
        bytes_by_type={"F16": weight_bytes},
        context_length=model.context_length,
        num_layers=model.num_layers,
        num_heads=model.num_heads,
        num_kv_heads=1 if model.latent else model.num_kv_heads,
        key_length=model.latent or model.head_size,
        value_length=model.latent or model.head_size,
        embedding_length=model.width,
        feed_forward_length=widest,
        num_experts=model.num_experts,
        num_experts_used=model.num_experts_used,
        sliding_window=model.window,
        layers=tuple(layer.cache for layer in shape.layers),
        vocab_size=model.vocab_size,
        tokenizer=None,
        bos_token_id=None,
        eos_token_id=None,
        chat_template=None,
        license=None,
        cannot_chat=None,
        exact_memory=True,
        warnings=(),
    )


def _plain(name: str) -> str:
    return _NO_LETTERS.sub(" ", name.casefold()).strip()
