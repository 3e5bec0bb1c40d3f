"""A blueprint with a type per tensor: a GGUF file's header, before there is a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.models.blueprint.blueprint import Blueprint, blueprint
from hearth.models.blueprint.cutting import check_cut
from hearth.models.blueprint.encoding import (
    GGUF_VERSION,
    data_bytes,
    encode_metadata,
    header_bytes,
    placed,
)
from hearth.models.blueprint.mixing import mix_named, mixed_types
from hearth.models.gguf.header import DEFAULT_ALIGNMENT, GgufHeader
from hearth.models.gguf.info import describe
from hearth.models.gguf.metadata import Value
from hearth.models.gguf.tensors import TensorInfo, TensorType


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """A model as it would stand in a file.

    Args:
        quantization: For example "Q4_K_M".
        metadata: The blueprint's, with the file type.
        types: Type of each tensor, by name.
    """

    blueprint: Blueprint
    quantization: str
    metadata: Mapping[str, Value]
    types: Mapping[str, TensorType]

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        """The tensor table, with the offset of each tensor."""
        sized = ((one.name, one.shape, self.types[one.name]) for one in self.blueprint.tensors)
        return placed(sized)

    @property
    def header(self) -> GgufHeader:
        """The header that a file of it has: to describe or to plan with, without a file."""
        tensors = self.tensors
        head = header_bytes(encode_metadata(self.metadata), len(self.metadata), tensors)
        return GgufHeader(
            path=Path(f"{self.blueprint.name}-{self.quantization}.gguf"),
            name=f"{self.blueprint.name} at {self.quantization}",
            size_bytes=len(head) + data_bytes(tensors),
            version=GGUF_VERSION,
            alignment=DEFAULT_ALIGNMENT,
            metadata=self.metadata,
            tensors=tensors,
            data_start=len(head),
        )


def quantized(model: Blueprint, quantization: str) -> Quantized:
    """Give each tensor of a blueprint the type that llama.cpp would quantize it to.

    Args:
        model: The model.
        quantization: F32, F16, BF16, Q8_0, Q6_K, Q5_K_M ... (see `mixing.mixes`).

    Raises:
        InvalidRequest: There are no rules for the quantization.
    """
    mix = mix_named(quantization)
    return Quantized(
        blueprint=model,
        quantization=mix.name,
        metadata={**model.metadata, "general.file_type": mix.file_type},
        types=mixed_types(model, mix),
    )


def first_layers(model: Quantized, num_layers: int) -> Quantized:
    """Return a model cut to its first layers; each tensor keeps the type that it has in the whole.

    Raises:
        InvalidRequest: The model has fewer layers, or so few are not of all its kinds.
    """
    check_cut(describe(model.header), num_layers)
    facts = model.blueprint.facts
    attention = facts.attention_layers
    if attention is not None:
        attention = tuple(index for index in attention if index < num_layers)
    cut = blueprint(
        replace(facts, num_layers=num_layers, attention_layers=attention),
        name=model.blueprint.name,
    )
    file_type = model.metadata["general.file_type"]
    return replace(
        model,
        blueprint=cut,
        metadata={**cut.metadata, "general.file_type": file_type},
        types={tensor.name: model.types[tensor.name] for tensor in cut.tensors},
    )
