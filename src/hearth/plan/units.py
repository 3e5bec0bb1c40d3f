"""Quantities as people write them: decimal units, three digits, never more than is known."""

from __future__ import annotations

_LARGE = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_COUNTS = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
_DURATIONS = ((365.25 * 86400, "years"), (86400, "days"), (3600, "h"), (60, "min"), (1, "s"))
_MOMENTS = ((1e-3, "ms"), (1e-6, "µs"))


def digits(value: float) -> str:
    """Write a number with three significant digits, thousands set apart."""
    if value and abs(value) < 100:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.3g}"


def scaled(value: float, unit: str) -> str:
    """Write a quantity with a decimal prefix: `89.6 GB/s`."""
    for size, prefix in _LARGE:
        if abs(value) >= size:
            return f"{digits(value / size)} {prefix}{unit}"
    return f"{digits(value)} {unit}"


def num_bytes(value: float) -> str:
    """Write a size in units of a power of ten: `42.5 GB`."""
    return scaled(value, "B")


def count(value: float) -> str:
    """Write a number of weights or tokens as people say it: `70.6B`."""
    for size, letter in _COUNTS:
        if value >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:,.0f}"


def duration(seconds: float) -> str:
    """Write a time in the unit that reads best."""
    for size, unit in _DURATIONS:
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    for size, unit in _MOMENTS:
        if seconds >= 0.9995 * size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds * 1e9)} ns"


def tokens_per_s(value: float) -> str:
    """Write a speed."""
    return f"{digits(value)} tokens/s"
