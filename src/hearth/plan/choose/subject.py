"""The model that is planned for, and what it would be in other quantizations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hearth.models.blueprint import Blueprint, ModelFacts, TensorShape, mixes, quantized
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.info import ModelInfo, describe
from hearth.plan.quantizations import quantization
from hearth.plan.shape import LayerShape, ModelShape, shape_of_tensors

Place = Literal["here", "remote", "published"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model in one quantization.

    Args:
        info: What its header tells.
        shape: What a pass through it reads and computes.
        name: What it is called, in a form that can be typed.
        place: A file "here" or a "remote" one has the quantization that it has; a model that is
            known by its "published" configuration alone may be had in any.
        source: Where its facts come from.
        header: Its metadata with the tensors of all its files; None where only sizes are known.
        identity: The library's, of its bytes; empty where unknown.
    """

    info: ModelInfo
    shape: ModelShape
    name: str
    place: Place
    source: str
    header: GgufHeader | None = None
    identity: str = ""

    @property
    def quantization(self) -> str:
        """Name of its quantization."""
        return self.info.quantization

    @property
    def is_file(self) -> bool:
        """Whether it lies somewhere, in one quantization."""
        return self.place != "published"


def subject_of_headers(
    headers: Sequence[GgufHeader],
    *,
    name: str,
    source: str,
    place: Place = "here",
    identity: str = "",
) -> Subject:
    """Return a model from the headers of its files, each read once.

    Raises:
        BadModelFile: The model cannot be what its header claims.
    """
    info = describe(*headers)
    tensors = tuple(tensor for header in headers for tensor in header.tensors)
    return Subject(
        info=info,
        shape=shape_of_tensors(info, tensors),
        name=name,
        place=place,
        source=source,
        header=replace(headers[0], tensors=tensors),
        identity=identity,
    )


def requantized(subject: Subject, name: str) -> Subject:
    """Return a model as it would be in another quantization.

    Each tensor gets the type that llama.cpp would give it, where its rules are known; otherwise
    all are scaled by the bits that a file of that name usually has.

    Raises:
        InvalidRequest: No table knows the quantization.
    """
    if name.upper() == subject.quantization.upper():
        return subject
    if subject.header is not None and name.upper() in {mix.name for mix in mixes()}:
        return _mixed(subject, subject.header, name.upper())
    return _scaled(subject, name)


def _mixed(subject: Subject, header: GgufHeader, name: str) -> Subject:
    made = quantized(_blueprint(subject, header), name)
    tensors = made.tensors
    size_bytes = header.data_start + sum(tensor.size_bytes for tensor in tensors)
    metadata = {
        key: value for key, value in made.metadata.items() if not key.startswith("split.")
    }  # one file, whatever it was
    whole = replace(header, tensors=tensors, metadata=metadata, size_bytes=size_bytes)
    info = replace(describe(whole), name=subject.info.name, quantization=name)
    return replace(
        subject, info=info, shape=shape_of_tensors(info, tensors), header=whole, identity=""
    )


def _blueprint(subject: Subject, header: GgufHeader) -> Blueprint:
    info = subject.info
    facts = ModelFacts(
        architecture=info.architecture,
        num_layers=info.num_layers,
        width=info.embedding_length,
        vocab_size=info.vocab_size,
        context_length=info.context_length,
        num_heads=info.num_heads,
        num_kv_heads=info.num_kv_heads,
        num_experts=info.num_experts,
        attention_layers=tuple(i for i, layer in enumerate(info.layers) if layer.key_width),
    )
    return Blueprint(
        name=info.name,
        facts=facts,
        metadata=header.metadata,
        tensors=tuple(TensorShape(name=one.name, shape=one.shape) for one in header.tensors),
    )


def _scaled(subject: Subject, name: str) -> Subject:
    bits = quantization(name).usual_bits
    info, shape = subject.info, subject.shape
    factor = bits / info.bits_per_weight
    groups = (replace(group, size_bytes=round(group.size_bytes * factor)) for group in info.weights)
    return replace(
        subject,
        info=replace(
            info,
            quantization=name,
            bits_per_weight=bits,
            file_bytes=round(info.file_bytes * factor),
            weight_bytes=round(info.weight_bytes * factor),
            weights=tuple(groups),
        ),
        shape=_scaled_shape(shape, factor),
        header=None,
        identity="",
    )


def _scaled_shape(shape: ModelShape, factor: float) -> ModelShape:
    def scaled(part: LayerShape) -> LayerShape:
        weights, experts = part.weight_bytes * factor, part.expert_bytes * factor
        return replace(part, weight_bytes=weights, expert_bytes=experts)

    return replace(
        shape,
        layers=tuple(map(scaled, shape.layers)),
        output=scaled(shape.output),
        weight_bytes=shape.weight_bytes * factor,
        bytes_by_type={},  # no longer known
    )
