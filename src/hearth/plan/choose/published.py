"""Well-known models by name: their published configuration stands in for a header.

Where their tensor table is known, sizes are exact; elsewhere they follow from the published number
of weights.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from hearth.models.blueprint import PublicModel, public_models, quantized
from hearth.models.gguf.info import ModelInfo
from hearth.plan.choose.subject import Subject, requantized, subject_of_headers
from hearth.plan.known import KnownModel, known_models

_BITS = 16.0  # as they are published; other quantizations are reckoned from there
_HUB = "https://huggingface.co/"
_NO_LETTERS = re.compile(r"[\s_-]+")


def find_published(text: str) -> Subject | None:
    """Return the well-known model of this whole name, in any case of letters; None if none is."""
    wanted = _plain(text)
    for known in known_models():
        names = (*known.names, known.name, known.source.removeprefix(_HUB))
        if wanted in map(_plain, names):
            return published_subject(known.name)
    for public in public_models():
        if wanted in (_plain(public.name), _plain(_repository(public))):
            return published_subject(public.name)
    return None


@functools.cache
def published_subject(name: str) -> Subject:
    """Return a well-known model of exactly this name as something to plan for, in 16 bits.

    Raises:
        StopIteration: Neither table has the name.
    """
    public = next((model for model in public_models() if model.name == name), None)
    if public is None:
        return _of_known(next(model for model in known_models() if model.name == name))
    return subject_of_headers(
        [quantized(public.blueprint, "F16").header],
        name=public.name,
        place="published",
        source=f"its published configuration, {public.source}",
    )


@functools.cache
def requantized_published(name: str, quantization: str) -> Subject:
    """Return a well-known model in a quantization; kept, since tables ask for many again."""
    return requantized(published_subject(name), quantization)


def published_names() -> tuple[str, ...]:
    """Return the names of all well-known models, the smallest first."""
    sizes = {known.name: known.num_parameters for known in known_models()}
    sizes |= {public.name: public.num_parameters for public in public_models()}
    return tuple(sorted(sizes, key=lambda name: sizes[name]))


def _repository(public: PublicModel) -> str:
    return "/".join(public.source.removeprefix(_HUB).split("/")[:2])


def _of_known(model: KnownModel) -> Subject:
    return Subject(
        info=_info(model),
        shape=model.shape(_BITS),
        name=model.name,
        place="published",
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
