"""Machines made of files: the folders in which Linux tells of its devices, and firmware tables."""

from __future__ import annotations

import struct
from pathlib import Path


def write(root: Path, files: dict[str, str]) -> None:
    """Write small files under a folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def memory_device(
    *,
    size: int = 16384,
    kind: int = 0x22,
    rate: int = 5600,
    width: int = 64,
    slot: str = "DIMM_A1",
    bank: str = "BANK 0",
    extended_mib: int = 0,
) -> bytes:
    """Return a structure of type 17 as firmware writes it (DSP0134, 7.18)."""
    body = struct.pack(
        "<HHHHHBBBBBHHBBBBBIH",
        0,  # handle of the array
        0xFFFE,  # no error information
        width + 8,
        width,
        size,
        9,  # DIMM
        0,
        1,  # first text: the slot
        2,  # second text: the bank
        kind,
        0,
        rate,
        0,
        0,
        0,
        0,
        0,
        extended_mib,
        rate,
    )
    return structure(17, body, slot, bank)


def structure(kind: int, body: bytes, *texts: str) -> bytes:
    """Return one structure of the firmware's table."""
    strings = b"".join(text.encode() + b"\0" for text in texts) or b"\0"
    return bytes([kind, len(body) + 4]) + b"\0\0" + body + strings + b"\0"


def pci_gpu(address: str, vendor: str, device: str, **more: str) -> dict[str, str]:
    """Return the files of a GPU on the bus."""
    folder = f"sys/bus/pci/devices/{address}"
    told = {"vendor": f"0x{vendor}", "device": f"0x{device}", "class": "0x030000", **more}
    return {f"{folder}/{name}": f"{text}\n" for name, text in told.items()}


LINK_AT_REST = {
    "current_link_speed": "2.5 GT/s PCIe",
    "current_link_width": "16",
    "max_link_speed": "16.0 GT/s PCIe",
    "max_link_width": "16",
}
