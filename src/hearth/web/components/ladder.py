"""The machine as the ladder that a model's weights climb: each level with its figures to scale.

Speed and latency stand on two logarithmic lines that all levels share, so that lengths can be
compared. Where a figure comes from is told by a sign and a word, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hearth.machine.hierarchy import Level, hierarchy
from hearth.machine.profile import MachineProfile, Measured
from hearth.plan.units import duration, num_bytes, scaled
from hearth.web.components.log_scale import LogScale, Whisker
from hearth.web.parts import part

SPEEDS = LogScale(low=1e7, high=1e13)  # bytes per second: a slow hard disk to the fastest GPU
LATENCIES = LogScale(low=1e-10, high=1e-1)  # seconds: a first cache to a hard disk's arm
SMALL_S = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"))
SIGNS = {"measured": "measured", "looked up": "looked-up", "entered": "entered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of a level as it is drawn.

    Args:
        words: The likely value; `range_words` its range, empty for a single figure.
        how: "measured", "looked up" or "entered"; `source` by what method, or from where.
    """

    words: str
    range_words: str
    whisker: Whisker
    how: str
    sign: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One level as it is drawn; `group` is empty where the level above has the same one."""

    group: str
    name: str
    capacity: str
    speed: Figure | None
    latency: Figure | None
    compute: str
    why_not: str


def draw_ladder(profile: MachineProfile) -> Markup:
    """Return the levels of a machine as a table with scales, the far and large ones first."""
    return part(
        "machine_ladder",
        rungs=list(rungs(profile)),
        speed_ticks=SPEEDS.ticks(lambda value: scaled(value, "B/s"), every=2),
        latency_ticks=LATENCIES.ticks(short_time, every=3),
    )


def rungs(profile: MachineProfile) -> Iterator[Rung]:
    """Yield the levels of a machine as they are drawn."""
    last = ""
    for level in hierarchy(profile):
        yield _rung(level, "" if level.group == last else level.group)
        last = level.group


def short_time(seconds: float) -> str:
    """Write a time from nanoseconds up, as in `96 ns`."""
    for size, unit in reversed(SMALL_S):
        if size * 0.9995 <= seconds < 1:
            return f"{seconds / size:.3g} {unit}"
    return duration(seconds) if seconds >= 1 else f"{seconds * 1e9:.3g} ns"


def _rung(level: Level, group: str) -> Rung:
    return Rung(
        group=group,
        name=level.name,
        capacity=num_bytes(level.capacity_bytes) if level.capacity_bytes else "",
        speed=_speed(level.speed) if level.speed else None,
        latency=_latency(level.latency) if level.latency else None,
        compute=scaled(level.compute.value, "FLOP/s") if level.compute else "",
        why_not=level.why_not or "",
    )


def _speed(figure: Measured) -> Figure:
    return _figure(figure, SPEEDS, lambda value: scaled(value, "B/s"))


def _latency(figure: Measured) -> Figure:
    return _figure(figure, LATENCIES, short_time)


def _figure(figure: Measured, scale: LogScale, words: Callable[[float], str]) -> Figure:
    is_single = figure.low == figure.high
    return Figure(
        words=words(figure.value),
        range_words="" if is_single else f"{words(figure.low)} to {words(figure.high)}",
        whisker=scale.whisker(figure),
        how=figure.how,
        sign=SIGNS[figure.how],
        source=figure.source,
    )
