"""A machine that was measured before, so that demonstrations look its figures up."""

from __future__ import annotations

from dataclasses import replace

from hearth.config import Config
from hearth.machine.facts import read_facts
from hearth.machine.keep import keep_profile
from hearth.machine.profile import BandwidthAt, LatencyAt, MachineProfile, Measured, Unit


def measured(value: float, unit: Unit) -> Measured:
    """Return a figure that is taken for a measured one."""
    return Measured(value=value, low=value, high=value, unit=unit, how="measured", source="a test")


def with_speeds(
    facts: MachineProfile, *, memory: float, disk: float, near_s: float = 1e-7, far_s: float = 1e-4
) -> MachineProfile:
    """Return a machine with these speeds of its memory and disk.

    Args:
        facts: The machine without them; it has a disk.
        memory: Bytes per second, on two threads; one thread reads half.
        disk: Bytes per second, past the cache.
        near_s: Latency of the memory.
        far_s: Latency of the disk.
    """
    by_threads = tuple(
        BandwidthAt(num_threads=count, size_bytes=2**28, bandwidth=measured(speed, "B/s"))
        for count, speed in ((1, memory / 2), (2, memory))
    )
    latency = LatencyAt(size_bytes=2**28, latency=measured(near_s, "s"))
    first, *others = facts.storage
    storage = replace(
        first,
        kind=first.kind or "virtual disk",
        cold_read=measured(disk, "B/s"),
        latency=measured(far_s, "s"),
    )
    return replace(
        facts,
        memory=replace(facts.memory, bandwidth_by_threads=by_threads, latency_by_size=(latency,)),
        storage=(storage, *others),
    )


def keep_measured_machine(config: Config) -> None:
    """Let this machine be known as one that was measured."""
    keep_profile(config, with_speeds(read_facts(config), memory=40e9, disk=2e9))
