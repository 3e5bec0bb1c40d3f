"""What one pass asks of one device: bytes to read and operations to do."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.plan.placement import Placement
from hearth.plan.shape import (
    FLOPS_PER_WEIGHT,
    ModelShape,
    attended,
    expected_experts,
    kv_bytes_read,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one pass asks of one device.

    Args:
        least_bytes: Weights with the fewest experts that the batch can touch.
        weight_bytes: Weights with the number of experts expected.
        kv_bytes: Keys, values and states of all its tokens.
        flops: Operations of all its tokens.
    """

    least_bytes: float
    weight_bytes: float
    kv_bytes: float
    flops: float
    num_layers: int


def work(
    shape: ModelShape, placement: Placement, *, tokens: int, depth: int, kv_type: str = "f16"
) -> Work:
    """Add up the work of one pass over a device's layers.

    Args:
        shape: The model.
        placement: The device and its layers.
        tokens: Tokens in the pass, each at the same depth.
        depth: Tokens that stand before each of them.
        kv_type: Type of the keys and values.
    """
    touched = expected_experts(shape.num_experts, shape.num_experts_used, tokens)
    share = touched / shape.num_experts if shape.num_experts else 0.0
    used = shape.num_experts_used / shape.num_experts if shape.num_experts else 0.0
    parts = placement.parts
    kv = sum(kv_bytes_read(shape, part, depth=depth, kv_type=kv_type) for part in parts)
    flops = sum(
        FLOPS_PER_WEIGHT * (part.weights + used * part.expert_weights)
        + part.attention_flops * attended(shape, part, depth)
        for part in parts
    )
    return Work(
        least_bytes=sum(part.weight_bytes + used * part.expert_bytes for part in parts),
        weight_bytes=sum(part.weight_bytes + share * part.expert_bytes for part in parts),
        kv_bytes=tokens * kv,
        flops=tokens * flops,
        num_layers=len(parts),
    )
