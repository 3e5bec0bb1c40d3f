"""Figures as people read them: three digits, the unit that reads best, a bar."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from hearth.cli import console

if TYPE_CHECKING:
    from hearth.machine.profile import Measured

BAR_CHARS = 12
SLOWEST, FASTEST = 1e8, 1e13  # bytes per second at the ends of a bar


def bar(value: float) -> str:
    """Return a bar for a speed in bytes per second; each sign is the same factor."""
    part = math.log(max(value, SLOWEST) / SLOWEST) / math.log(FASTEST / SLOWEST)
    filled = max(1, round(min(part, 1.0) * BAR_CHARS))
    sign = "█" if (sys.stdout.encoding or "").casefold().startswith("utf") else "#"
    return sign * filled


def bar_step() -> float:
    """Return the factor that one sign of a bar stands for."""
    return float((FASTEST / SLOWEST) ** (1 / BAR_CHARS))


def rate(figure: Measured | None) -> str:
    """Return a speed, as in `96 GB/s`; a dash where there is none."""
    return f"{_scaled(figure.value)}{figure.unit}" if figure else "—"


def range_words(figure: Measured) -> str:
    """Return what a figure lies between; empty where it is a single one."""
    if figure.low == figure.high:
        return ""
    return f"{_scaled(figure.low)}{figure.unit} to {_scaled(figure.high)}{figure.unit}"


def _scaled(value: float) -> str:
    """Return a number with three digits and the prefix that reads best."""
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor * 0.9995:
            return f"{value / factor:.3g} {prefix}"
    return f"{value:.3g} "


def time_words(figure: Measured | None) -> str:
    """Return a latency, as in `96 ns`; a dash where there is none."""
    if figure is None:
        return "—"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if figure.value >= factor:
            return f"{figure.value / factor:.3g} {unit}"
    return f"{figure.value * 1e9:.3g} ns"


def capacity(size_bytes: int | None) -> str:
    """Return a size; a dash where there is none."""
    return console.size(size_bytes) if size_bytes else "—"
