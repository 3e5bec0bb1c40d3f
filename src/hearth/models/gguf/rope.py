"""How a model turns positions into angles (rotary position embedding), as its file says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.fields import Fields

POSITION_TABLE = "position_embd.weight"  # a row for each position that there was in training
DEFAULT_BASE = 10_000.0  # where a file does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaryPositions:
    """The rotary positions of a model.

    Args:
        base: The longest wavelength is about 2 pi times it, in tokens.
        dimensions: Numbers of each head that are turned.
        scaling: What the file scales positions by: "linear", "yarn" or "longrope"; None: not.
        factor: By how much; 1 where it does not.
        original_context: Tokens that it was trained for before they were scaled; None where the
            file does not say, or scales nothing.

    Source: llama.cpp, src/llama-model.cpp, `load_hparams`.
    """

    base: float = DEFAULT_BASE
    dimensions: int
    scaling: str | None = None
    factor: float = 1.0
    original_context: int | None = None


def rotary_positions(
    fields: Fields, architecture: str, tensor_names: Collection[str], head_size: int
) -> RotaryPositions | None:
    """Return a model's rotary positions, or None where it knows positions in another way.

    Args:
        fields: Of its header.
        architecture: Its family.
        tensor_names: Of the whole model.
        head_size: Of its keys; all of a head is turned where the file does not say.

    Raises:
        BadModelFile: A value is of the wrong kind, or out of range.
    """
    if architecture in architectures().not_rotary or POSITION_TABLE in tensor_names:
        return None
    dimensions = fields.size("rope.dimension_count", head_size) or head_size
    base = fields.number("rope.freq_base", DEFAULT_BASE)
    factor = fields.number("rope.scaling.factor", 0.0) or fields.number("rope.scale_linear", 0.0)
    kind = fields.label(f"{architecture}.rope.scaling.type") or "linear"
    if kind == "none" or (kind != "longrope" and factor in (0.0, 1.0)):
        return RotaryPositions(base=base, dimensions=dimensions)
    return RotaryPositions(
        base=base,
        dimensions=dimensions,
        scaling=kind,
        factor=factor or 1.0,
        original_context=fields.size("rope.scaling.original_context_length", 0) or None,
    )
