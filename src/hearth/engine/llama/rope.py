"""How a context turns positions into angles, where that differs from what the model's file says."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.plan.rope import RopeScaling

SCALINGS = {"none": 0, "linear": 1, "yarn": 2}  # llama_rope_scaling_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Rope:
    """Settings of the rotary position embedding, as llama_context_params names them.

    Args:
        scaling: "none", "linear" or "yarn".
        freq_base: Base of the wavelengths; 0: the model's.
        freq_scale: What positions are multiplied by; 0: the model's.
        original_context: Tokens that YaRN takes the model to be trained for; 0: the model's.
    """

    scaling: str
    freq_base: float = 0.0
    freq_scale: float = 0.0
    original_context: int = 0


def rope_of(scaling: RopeScaling | None, info: ModelInfo) -> Rope | None:
    """Return what the engine is told of a scaling; None: nothing, it reads the model's file.

    A file that scales positions already is scaled further. NTK-aware scaling multiplies the base by
    factor ** (d / (d - 2)), d being the size of a head's rotated part, so that the longest
    wavelength grows by the factor and the shortest by nothing.
    Source: arXiv 2309.00071, equation 16.

    Args:
        scaling: What was asked for, and found possible (see `hearth.plan.rope.choose_rope`).
        info: The model.
    """
    rotary = info.rotary
    if scaling is None or rotary is None:
        return None
    if scaling.method == "ntk":
        size = rotary.dimensions
        base = rotary.base * scaling.factor ** (size / (size - 2))
        return Rope(scaling="none", freq_base=base, freq_scale=1.0)
    return Rope(
        scaling=scaling.method,
        freq_scale=1 / (rotary.factor * scaling.factor),
        original_context=rotary.original_context or info.context_length,
    )
