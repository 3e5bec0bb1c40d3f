"""How a context turns positions into angles, where that differs from what the model's file says."""

from __future__ import annotations

from dataclasses import dataclass

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
