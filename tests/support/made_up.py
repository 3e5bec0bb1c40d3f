"""Models and devices with round numbers, so that a test can do its arithmetic by hand."""

from __future__ import annotations

from typing import Any

from hearth.models.gguf.layers import LayerCache
from hearth.plan.arithmetic import Range
from hearth.plan.devices import Computer, Device
from hearth.plan.shape import LayerShape, ModelShape

NO_OVERHEAD = Range.exactly(0.0)


def made_up_shape(
    *, layers: int = 9, experts: int = 0, used: int = 0, **changes: Any
) -> ModelShape:
    """Return a model of equal layers, each 100 MB in 16 bits and 1,000 numbers of cache a token."""
    layer = LayerShape(
        weights=50e6,
        weight_bytes=100e6,
        expert_weights=400e6 if experts else 0.0,
        expert_bytes=800e6 if experts else 0.0,
        cache=LayerCache(key_width=500, value_width=500),
        attention_flops=4000.0,
    )
    facts: dict[str, Any] = {
        "name": "made up",
        "num_parameters": 50e6 * (layers + 1),
        "layers": (layer,) * layers,
        "output": LayerShape(weights=50e6, weight_bytes=100e6),
        "weight_bytes": 100e6 * (layers + 2),
        "width": 1000,
        "vocab_size": 50_000,
        "num_experts": experts,
        "num_experts_used": used,
        "bytes_by_type": {"F16": 1e9},
    }
    return ModelShape(**facts | changes)


def made_up_device(name: str = "cpu", **changes: Any) -> Device:
    """Return a device that reads 100 GB/s at most and half of that in an engine."""
    facts: dict[str, Any] = {
        "name": name,
        "kind": "cpu",
        "bandwidth": 100e9,
        "read": Range(low=25e9, likely=50e9, high=100e9),
        "attention": Range.exactly(100e9),
        "layer_s": NO_OVERHEAD,
    }
    return Device(**facts | changes)


def made_up_computer(*devices: Device, **changes: Any) -> Computer:
    """Return a computer of these devices, or of one CPU."""
    return Computer(name="made up", devices=devices or (made_up_device(),), **changes)
