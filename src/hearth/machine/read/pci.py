"""Devices on the PCI bus and the links they hang on, as Linux shows them to everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth.machine.catalogue import links
from hearth.machine.profile import LinkPart, Measured
from hearth.machine.read.files import read_text

_NAMES = ("usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids")
_SOURCE = "the kernel's PCI tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class PciDevice:
    """A device. `vendor`, `device` and `kind` are the numbers of the PCI registry in hex."""

    address: str
    vendor: str
    device: str
    kind: str
    place: Path


def read_devices(root: Path = Path("/")) -> Iterator[PciDevice]:
    """Yield all devices on the bus by address; none where the system does not show them."""
    for place in sorted((root / "sys/bus/pci/devices").glob("*")):
        yield PciDevice(
            address=place.name,
            vendor=_hex(place / "vendor"),
            device=_hex(place / "device"),
            kind=_hex(place / "class"),
            place=place,
        )


def read_link(place: Path, between: str) -> LinkPart | None:
    """Return the PCI Express link of a device; None for one that sits in the chip itself.

    Args:
        place: The device's folder.
        between: What the link connects.
    """
    now, most = _side(place, "current"), _side(place, "max")
    if now is None and most is None:
        return None
    kind = now or most
    return LinkPart(
        kind=kind[0] if kind else "PCIe",
        between=between,
        bandwidth=now[1] if now else None,
        max_bandwidth=most[1] if most else None,
        missing={"latency": "takes a program on the other end"},
    )


def read_disk_links(root: Path = Path("/")) -> tuple[LinkPart, ...]:
    """Return the links of all NVMe disks."""
    found = [
        read_link(place / "device", f"CPU and {read_text(place / 'model') or place.name}")
        for place in sorted((root / "sys/class/nvme").glob("nvme*"))
    ]
    return tuple(link for link in found if link is not None)


def device_name(device: PciDevice, root: Path = Path("/")) -> str | None:
    """Return a device's name from the registry that systems carry (pci.ids)."""
    for path in _NAMES:
        text = read_all(root / path)
        maker = re.search(rf"^{device.vendor}  (.+)\n((?:(?:\t|#).*\n)*)", text, re.MULTILINE)
        if maker:
            model = re.search(rf"^\t{device.device}  (.+)$", maker[2], re.MULTILINE)
            return f"{maker[1]} {model[1]}" if model else None
    return None


def read_all(path: Path) -> str:
    """Return the whole text of a file that may be large; empty where there is none."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _side(place: Path, which: str) -> tuple[str, Measured] | None:
    """Return name and bandwidth of a link as it runs now, or at its best."""
    speed = re.match(r"(\d+(?:\.\d+)?) GT/s", read_text(place / f"{which}_link_speed") or "")
    lanes = read_text(place / f"{which}_link_width") or ""
    if not speed or not lanes.isdigit() or not 1 <= int(lanes) <= 32:
        return None
    for row in links():
        if row.per_lane and row.mbit_s == float(speed[1]) * 1000:
            told = row.bandwidth(int(lanes))
            source = f"{_SOURCE}; {told.source}"
            return f"{row.name} x{lanes}", Measured.looked_up(told.value, "B/s", source)
    return None


def _hex(path: Path) -> str:
    return (read_text(path) or "").removeprefix("0x").casefold()
