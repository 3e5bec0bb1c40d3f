"""What a machine draws from its battery: all of it, brought up to date every few seconds or slower.

It tells only while the battery is discharged; at the plug, the charger's part is not seen.
Source: Documentation/ABI/testing/sysfs-class-power of Linux.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hearth.machine.power.sources import Gauge, Sources
from hearth.machine.read.files import read_text


def find(root: Path) -> Sources:
    """Find the batteries that are being discharged.

    Args:
        root: Where `sys` is.
    """
    if sys.platform != "linux":
        return Sources(missing={"machine": "the power drawn from a battery is read on Linux only"})
    batteries = [
        folder
        for folder in sorted((root / "sys/class/power_supply").glob("*"))
        if read_text(folder / "type") == "Battery" and read_text(folder / "scope") != "Device"
    ]
    if not batteries:
        return Sources(missing={"machine": "there is no battery; a meter at the plug tells"})
    gauges = tuple(_gauge(folder) for folder in batteries if _watts(folder) is not None)
    if gauges:
        return Sources(found=gauges)
    if all(read_text(folder / "status") != "Discharging" for folder in batteries):
        return Sources(missing={"machine": "the battery is not in use: unplug, and it tells"})
    return Sources(missing={"machine": "the battery does not tell its power"})


def _gauge(folder: Path) -> Gauge:
    def read() -> float | None:
        return _watts(folder)

    return Gauge(covers="machine", method=f"what the battery {folder.name} gives", read=read)


def _watts(folder: Path) -> float | None:
    if read_text(folder / "status") != "Discharging":
        return None
    microwatts = _magnitude(folder / "power_now")
    if microwatts:
        return microwatts / 1e6
    microamperes, microvolts = (
        _magnitude(folder / "current_now"),
        _magnitude(folder / "voltage_now"),
    )
    return microamperes * microvolts / 1e12 if microamperes and microvolts else None


def _magnitude(path: Path) -> int | None:
    """Return a whole number without its sign: some drivers count what flows out as negative."""
    text = (read_text(path) or "").removeprefix("-")
    return int(text) if text.isascii() and text.isdigit() else None
