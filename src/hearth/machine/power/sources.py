"""What tells of energy, as values that a meter can read.

A source is a counter, which adds up joules by itself, or a gauge, which shows watts now. How a file
or a driver is read, only the modules beside this one know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hearth.machine.power.energy import Covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Counts joules.

    Args:
        covers: What they are taken by.
        method: What counts them.
        read: Returns the joules counted so far; None when it cannot any more.
        range_j: Where the counter begins again at 0; None where it never does.
        period_s: How often the counter is brought up to date.
    """

    covers: Covers
    method: str
    read: Callable[[], float | None] = field(repr=False)
    period_s: float
    range_j: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """Shows watts.

    Args:
        read: Returns the power now; None while there is none to be told.
    """

    covers: Covers
    method: str
    read: Callable[[], float | None] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What tells of energy here; `missing` says why something does not, by what it would cover."""

    found: tuple[Counter | Gauge, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
