"""The ladder of a machine: its levels in order, each with its figures or the reason for none."""

from __future__ import annotations

from dataclasses import replace

from hearth.machine.describe import describe_machine
from hearth.machine.hierarchy import hierarchy
from hearth.machine.profile import (
    BandwidthAt,
    Cache,
    CpuPart,
    LatencyAt,
    MachineProfile,
    Measured,
    MemoryPart,
    NetworkPart,
    StoragePart,
)


def measured(value: float, unit: str = "B/s") -> Measured:
    figure = Measured.looked_up(value, "B/s" if unit == "B/s" else "s", "here")
    return replace(figure, how="measured")


def at(size_bytes: int, value: float) -> BandwidthAt:
    return BandwidthAt(num_threads=2, size_bytes=size_bytes, bandwidth=measured(value))


MACHINE = MachineProfile(
    name="this machine",
    date="2026-11-22T00:00:00+00:00",
    fingerprint="x",
    cpu=CpuPart(
        caches=(
            Cache(level=1, kind="data", size_bytes=49152, num_instances=2),
            Cache(level=1, kind="instruction", size_bytes=32768, num_instances=2),
            Cache(level=2, kind="unified", size_bytes=2**21, num_instances=2),
            Cache(level=3, kind="unified", size_bytes=2**28),
        )
    ),
    memory=MemoryPart(
        kind="DDR5",
        total_bytes=2**35,
        num_channels=2,
        theoretical_bandwidth=Measured.looked_up(90e9, "B/s", "SMBIOS"),
        bandwidth_by_threads=(at(2**29, 12e9), at(2**29, 70e9)),
        bandwidth_by_size=(at(49152, 300e9), at(2**20, 150e9), at(2**29, 70e9)),
        latency_by_size=(
            LatencyAt(size_bytes=24576, latency=measured(1e-9, "s")),
            LatencyAt(size_bytes=2**28, latency=measured(1e-7, "s")),
        ),
    ),
    storage=(StoragePart(kind="NVMe SSD", name="Fast 2000", cold_read=measured(3e9)),),
    network=(
        NetworkPart(name="lo", kind="loopback", is_up=False, missing={"link": "it is down"}),
        NetworkPart(name="eth1", kind="Ethernet", is_up=False),
    ),
)


def test_levels_from_far_to_near() -> None:
    levels = hierarchy(MACHINE)
    assert [(level.group, level.name) for level in levels] == [
        ("storage", "NVMe SSD Fast 2000, cold"),
        ("network", "loopback"),
        ("memory", "DDR5, 2 channels: by its figures"),
        ("memory", "DDR5, 2 channels"),
        ("CPU", "L3 cache, 262144 KiB"),
        ("CPU", "L2 cache, 2 × 2048 KiB"),  # noqa: RUF001
        ("CPU", "L1 cache, 2 × 48 KiB"),  # noqa: RUF001
    ]
    speeds = [level.speed.value if level.speed else None for level in levels]
    assert speeds == [3e9, None, 90e9, 70e9, None, 150e9, 300e9]
    assert levels[1].why_not == "it is down"
    assert levels[3].latency == measured(1e-7, "s")
    assert levels[3].capacity_bytes == 2**35
    assert levels[6].latency == measured(1e-9, "s")
    assert levels[6].capacity_bytes == 2 * 49152


def test_a_described_machine_has_one_row_for_its_memory() -> None:
    groups = [level.group for level in hierarchy(describe_machine("RTX 4090 + DDR5-6000 x2"))]
    assert groups == ["memory", "GPU", "interconnect"]
    assert hierarchy(describe_machine("RTX 4090"))[0].group == "GPU"
