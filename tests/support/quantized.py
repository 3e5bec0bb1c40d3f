"""Quantizations that nobody made, for tests that look at how they are shown."""

from __future__ import annotations

from hearth.measure.evidence import Figure
from hearth.measure.quants import QuantPoint


def quant(name: str, size: int, seconds: float, distance: float, **marks: bool) -> QuantPoint:
    """Return a quantization beside its reference."""
    return QuantPoint(
        name=name,
        quantization=name.upper(),
        is_reference=marks.get("reference", False),
        is_requantized=marks.get("requantized", False),
        size_bytes=size,
        prompt=Figure(value=500.0, low=480.0, high=520.0, unit="tokens/s"),
        decode=Figure(value=50.0, low=48.0, high=52.0, unit="tokens/s"),
        request=Figure(value=seconds, low=seconds * 0.95, high=seconds * 1.05, unit="s"),
        distance=Figure(value=distance, low=distance * 0.9, high=distance * 1.1),
        same_top=Figure(value=0.95, low=0.93, high=0.97),
        is_on_front=marks.get("front", False),
        is_choice=marks.get("choice", False),
    )
