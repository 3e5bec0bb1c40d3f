"""The ladder that weights climb on this machine: disk, memory, caches, each with its speed."""

from __future__ import annotations

from hearth.guide.demonstrations.parts import Bar, Bars, Demonstration, Table
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.machine.hierarchy import Level, hierarchy
from hearth.plan.units import duration, num_bytes, scaled


async def show_memory_hierarchy(around: Surroundings) -> Demonstration:
    """Show every level of memory with its speed, latency and capacity."""
    profile = await around.machine()
    levels = hierarchy(profile)
    bars = tuple(
        Bar(label=level.name, value=level.speed.value / 1e9, note=level.speed.how)
        for level in levels
        if level.speed
    )
    return Demonstration(
        name="memory-hierarchy",
        title="From far and large to near and fast",
        says="Each level is smaller and faster than the one above. A model runs at the speed of "
        "the slowest level that it has to be read from for each token.",
        parts=(
            Bars(title="Reading speed", unit="GB/s", bars=bars, scale="log"),
            Table(
                title="Speed, latency, capacity",
                columns=("level", ">speed", ">latency", ">capacity"),
                rows=tuple(_row(level) for level in levels),
            ),
        ),
        measured_at=profile.date,
        cached=True,
    )


def _row(level: Level) -> tuple[str, ...]:
    return (
        level.name,
        scaled(level.speed.value, "B/s") if level.speed else level.why_not or "not known",
        duration(level.latency.value) if level.latency else "",
        num_bytes(level.capacity_bytes) if level.capacity_bytes else "",
    )
