"""What is not known of a machine is told once for each reason."""

from __future__ import annotations

from hearth.machine.missing import unknown_figures
from hearth.machine.profile import CpuPart, MachineProfile, MemoryPart, NetworkPart


def test_figures_with_one_reason_stand_together() -> None:
    profile = MachineProfile(
        name="made up",
        date="2026-11-22",
        fingerprint="0",
        cpu=CpuPart(missing={"max_hz": "not shown"}),
        memory=MemoryPart(missing={"modules": "no tables", "theoretical_bandwidth": "no tables"}),
        network=(NetworkPart(name="wlan0", kind="Wi-Fi", is_up=False, missing={"link": "down"}),),
    )
    assert unknown_figures(profile) == {
        "not shown": ["CPU max hz"],
        "no tables": ["memory modules", "memory theoretical bandwidth"],
    }
