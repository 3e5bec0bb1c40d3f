"""A machine drawn as the ladder that a model's weights climb: from far and large to near and fast.

Each level says what it is, its speed, latency and capacity, or why a figure is not there. Pages and
commands draw it; they compute nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hearth.machine.profile import (
    GpuPart,
    LinkPart,
    MachineProfile,
    Measured,
    MemoryPart,
    NetworkPart,
    StoragePart,
)

Group = Literal["storage", "network", "memory", "CPU", "GPU", "interconnect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One rung.

    Args:
        speed: Bytes per second.
        compute: Operations per second on matrices in 16 bits, where the level computes.
        why_not: Why the speed is not there.
    """

    group: Group
    name: str
    speed: Measured | None = None
    latency: Measured | None = None
    capacity_bytes: int | None = None
    compute: Measured | None = None
    why_not: str | None = None


def hierarchy(profile: MachineProfile) -> tuple[Level, ...]:
    """Return the levels of a machine, the far and large ones first."""
    return (
        *(level for part in profile.storage for level in _storage(part)),
        *(_network(part) for part in profile.network if part.is_up or part.kind == "loopback"),
        *_memory(profile.memory),
        *_caches(profile),
        *(level for gpu in profile.gpus for level in _gpu(gpu)),
        *(_link(link) for link in profile.links),
    )


def _storage(part: StoragePart) -> Iterator[Level]:
    name = " ".join(text for text in (part.kind or "disk", part.name) if text)
    yield Level(
        group="storage",
        name=f"{name}, cold",
        speed=part.cold_read,
        latency=part.latency,
        capacity_bytes=part.total_bytes,
        why_not=part.missing.get("cold_read"),
    )
    if part.warm_read:
        yield Level(group="storage", name="files in the page cache", speed=part.warm_read)


def _network(part: NetworkPart) -> Level:
    return Level(
        group="network",
        name=f"{part.name}, {part.kind}" if part.kind != "loopback" else "loopback",
        speed=part.link,
        latency=part.latency,
        why_not=part.missing.get("link"),
    )


def _memory(part: MemoryPart) -> Iterator[Level]:
    if part == MemoryPart():
        return
    name = part.kind or "memory"
    if part.num_channels:
        name += f", {part.num_channels} channel{'s' if part.num_channels > 1 else ''}"
    theory = part.theoretical_bandwidth
    if theory is not None and part.bandwidth is not theory:
        yield Level(group="memory", name=f"{name}: by its figures", speed=theory)
    yield Level(
        group="memory",
        name=name,
        speed=part.bandwidth,
        latency=part.latency,
        capacity_bytes=part.total_bytes,
        why_not=part.missing.get("bandwidth_by_threads"),
    )


def _caches(profile: MachineProfile) -> Iterator[Level]:
    """Yield the caches from the last to the first, which are in the same order in all lists."""
    memory = profile.memory
    caches = [cache for cache in profile.cpu.caches if cache.kind != "instruction"]
    speeds = [at.bandwidth for at in memory.bandwidth_by_size[:-1]]
    latencies = [at.latency for at in memory.latency_by_size[:-1]]
    for number, cache in reversed(list(enumerate(caches))):
        count = f"{cache.num_instances} × " if cache.num_instances > 1 else ""  # noqa: RUF001
        yield Level(
            group="CPU",
            name=f"L{cache.level} cache, {count}{cache.size_bytes / 1024:.0f} KiB",
            speed=speeds[number] if number < len(speeds) else None,
            latency=latencies[number] if number < len(latencies) else None,
            capacity_bytes=cache.size_bytes * cache.num_instances,
            why_not=memory.missing.get("bandwidth_by_size"),
        )


def _gpu(gpu: GpuPart) -> Iterator[Level]:
    shared = " (shares the machine's memory)" if gpu.shares_memory else ""
    if gpu.theoretical_bandwidth:
        yield Level(
            group="GPU", name=f"{gpu.name}: by its figures", speed=gpu.theoretical_bandwidth
        )
    yield Level(
        group="GPU",
        name=f"{gpu.name}{shared}",
        speed=gpu.memory_bandwidth,
        capacity_bytes=gpu.memory_bytes,
        compute=gpu.flops_f16,
        why_not=gpu.missing.get("memory_bandwidth"),
    )
    if gpu.link:
        yield _link(gpu.link)
    for way, speed in (("to", gpu.host_to_device), ("from", gpu.device_to_host)):
        if speed:
            yield Level(group="interconnect", name=f"{way} {gpu.name}'s memory", speed=speed)


def _link(link: LinkPart) -> Level:
    return Level(
        group="interconnect",
        name=f"{link.kind}, {link.between}",
        speed=link.bandwidth,
        latency=link.latency,
        why_not=link.missing.get("bandwidth"),
    )
