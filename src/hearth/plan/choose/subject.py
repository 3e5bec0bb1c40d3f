"""The model that is planned for, and what it would be in other quantizations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.info import ModelInfo, describe
from hearth.plan.quantizations import quantization
from hearth.plan.shape import LayerShape, ModelShape, shape_of_tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model in one quantization.

    Args:
        info: What its header tells.
        shape: What a pass through it reads and computes.
        name: What it is called here and typed as.
        is_file: It lies somewhere as a file, in the quantization it has; otherwise it is known by
            its published configuration alone, and may be had in any.
        source: Where its facts come from.
    """

    info: ModelInfo
    shape: ModelShape
    name: str
    is_file: bool
    source: str

    @property
    def quantization(self) -> str:
        """Name of its quantization."""
        return self.info.quantization


def subject_of_headers(
    headers: Sequence[GgufHeader], *, name: str, is_file: bool = True, source: str
) -> Subject:
    """Return a model from the headers of its files, each read once.

    Raises:
        BadModelFile: The model cannot be what its header claims.
    """
    info = describe(*headers)
    tensors = [tensor for header in headers for tensor in header.tensors]
    shape = shape_of_tensors(info, tensors)
    return Subject(info=info, shape=shape, name=name, is_file=is_file, source=source)


def requantized(subject: Subject, name: str) -> Subject:
    """Return a model as it would be in another quantization.

    Raises:
        InvalidRequest: No table knows the quantization.
    """
    if name.upper() == subject.quantization.upper():
        return subject
    usual = quantization(name)
    factor = usual.usual_bits / subject.info.bits_per_weight
    return replace(
        subject,
        info=_scaled_info(subject.info, name, usual.usual_bits, factor),
        shape=_scaled_shape(subject.shape, factor),
    )


def _scaled_info(info: ModelInfo, name: str, bits: float, factor: float) -> ModelInfo:
    groups = (replace(group, size_bytes=round(group.size_bytes * factor)) for group in info.weights)
    return replace(
        info,
        quantization=name,
        bits_per_weight=bits,
        file_bytes=round(info.file_bytes * factor),
        weight_bytes=round(info.weight_bytes * factor),
        weights=tuple(groups),
    )


def _scaled_shape(shape: ModelShape, factor: float) -> ModelShape:
    def scaled(part: LayerShape) -> LayerShape:
        return replace(
            part,
            weight_bytes=part.weight_bytes * factor,
            expert_bytes=part.expert_bytes * factor,
        )

    return replace(
        shape,
        layers=tuple(map(scaled, shape.layers)),
        output=scaled(shape.output),
        weight_bytes=shape.weight_bytes * factor,
    )
