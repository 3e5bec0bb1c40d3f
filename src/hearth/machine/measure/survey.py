"""Measure everything that needs no engine, one part after the other, in under 20 seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from hearth.machine.measure.bandwidth import Processors, measure_bandwidth, thread_counts
from hearth.machine.measure.buffers import Bytes, CacheSizes, allocate, far_bytes
from hearth.machine.measure.disk import measure_disk
from hearth.machine.measure.latency import measure_latencies
from hearth.machine.measure.loopback import measure_loopback
from hearth.machine.power import Meter, Sources, find_sources
from hearth.machine.profile import (
    LatencyAt,
    MachineProfile,
    Measured,
    MemoryPart,
    NetworkPart,
    PowerPart,
    StoragePart,
)

Progress = Callable[[str], None]
MAX_COUNTS = 6  # numbers of threads to measure
IDLE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What to measure with.

    Args:
        processors: Hardware threads to read on.
        num_threads: Threads that computing uses.
        sizes: Of the caches that one processor sees.
        num_instances: How many of each the processors have.
        far: Memory far larger than the caches, as far as free memory allows.
    """

    processors: Processors
    num_threads: int
    sizes: CacheSizes
    num_instances: tuple[int, ...]
    far: Bytes = field(repr=False)

    def working_sets(self) -> list[int]:
        """Return what all threads together read from each level."""
        found = [
            size * min(count, self.num_threads)
            for size, count in zip(self.sizes.inside(), self.num_instances, strict=True)
        ]
        return [size for size in found if size < self.far.nbytes // 2]


def measure_machine(
    facts: MachineProfile, processors: Processors, folder: Path, progress: Progress
) -> MachineProfile:
    """Return a profile with what could be measured, and reasons for what could not.

    Args:
        facts: What the system told of this machine.
        processors: Hardware threads to measure on.
        folder: An existing folder on the disk to measure.
        progress: Told what is being measured.
    """
    began = time.monotonic()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    caches = tuple(cache for cache in facts.cpu.caches if cache.kind != "instruction")
    sizes = CacheSizes(tuple(cache.size_bytes for cache in caches))
    bench = Bench(
        processors=processors,
        num_threads=min(facts.cpu.num_threads or 1, len(processors.numbers)),
        sizes=sizes,
        num_instances=tuple(cache.num_instances for cache in caches),
        far=allocate(far_bytes(sizes)),
    )
    power = measure_idle_power(facts.power, find_sources(), progress)
    memory = _measure_memory(facts.memory, bench, progress)
    progress("the disk")
    storage = _measure_storage(facts.storage, folder)
    progress("loopback")
    network = _measure_network(facts.network)
    return replace(
        facts,
        memory=memory,
        storage=storage,
        network=network,
        power=power,
        load=load,
        seconds=round(time.monotonic() - began, 1),
    )


def measure_idle_power(part: PowerPart, sources: Sources, progress: Progress) -> PowerPart:
    """Measure what the machine draws while nothing is computed on it.

    Args:
        part: What is known of its power.
        sources: What tells of energy; where nothing does, nothing is waited for.
        progress: Told what is being measured.
    """
    if not sources.found:
        return part
    progress("power at rest")
    with Meter(sources, interval_s=IDLE_S / 4) as meter:
        time.sleep(IDLE_S)
    total = meter.reading.total
    if total is None:
        return replace(part, missing={**part.missing, "idle": meter.reading.why_not})
    idle = Measured(
        value=total.watts,
        low=total.low / total.seconds,
        high=total.high / total.seconds,
        unit="W",
        how="measured",
        source=f"{total.method}, over {total.seconds:.1f} s",
    )
    missing = {name: why for name, why in meter.reading.missing.items() if name != "idle"}
    return replace(part, idle=idle, covers=total.covers, missing=missing)


def _measure_memory(part: MemoryPart, bench: Bench, progress: Progress) -> MemoryPart:
    far, size = bench.far, bench.far.nbytes
    progress("memory bandwidth by threads")
    counts = thread_counts(bench.num_threads)
    chosen = dict.fromkeys([1, *counts[-MAX_COUNTS:]])
    by_threads = [measure_bandwidth(far, size, count, bench.processors) for count in chosen]
    progress("memory bandwidth by working set")
    by_size = [
        measure_bandwidth(far, at, bench.num_threads, bench.processors)
        for at in bench.working_sets()
    ]
    progress("memory latency")
    latencies = _pinned(bench, lambda: measure_latencies(bench.sizes, far))
    missing = {
        name: reason
        for name, reason in part.missing.items()
        if name not in ("bandwidth_by_threads", "bandwidth_by_size", "latency_by_size")
    }
    if isinstance(latencies, str):
        missing["latency_by_size"] = latencies
        latencies = ()
    return replace(
        part,
        bandwidth_by_threads=tuple(by_threads),
        bandwidth_by_size=(*by_size, by_threads[-1]),
        latency_by_size=latencies,
        missing=missing,
    )


def _pinned(
    bench: Bench, measure: Callable[[], tuple[LatencyAt, ...] | str]
) -> tuple[LatencyAt, ...] | str:
    """Measure on a thread of its own that stays on one processor."""

    def run() -> tuple[LatencyAt, ...] | str:
        bench.processors.pin(0)
        return measure()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()


def _measure_storage(parts: tuple[StoragePart, ...], folder: Path) -> tuple[StoragePart, ...]:
    """Measure the first disk, which is the one that the folder is on."""
    found = measure_disk(folder)
    names = ("cold_read", "warm_read", "latency")
    missing = {name: why for name, why in parts[0].missing.items() if name not in names}
    if found.why_not:
        missing |= dict.fromkeys(names, found.why_not)
    measured = replace(
        parts[0],
        cold_read=found.cold_read,
        warm_read=found.warm_read,
        latency=found.latency,
        missing=missing,
    )
    return (measured, *parts[1:])


def _measure_network(parts: tuple[NetworkPart, ...]) -> tuple[NetworkPart, ...]:
    """Measure loopback; what leads out of the machine is never sent anything."""
    found = measure_loopback()
    return tuple(_with_loopback(part, found) if part.kind == "loopback" else part for part in parts)


def _with_loopback(part: NetworkPart, found: tuple[Measured, Measured] | str) -> NetworkPart:
    if isinstance(found, str):
        return replace(part, missing=dict.fromkeys(("link", "latency"), found))
    return replace(part, link=found[0], latency=found[1], missing={})
