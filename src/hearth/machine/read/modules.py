"""The memory modules that are plugged in, from wherever this user may read of them.

Linux keeps the firmware's table for root. But systemd's udev reads it once as root and leaves the
memory devices in its database, which everybody may read; Windows gives the table to everybody.
Source: src/udev/dmi_memory_id of systemd 248; GetSystemFirmwareTable of Windows.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hearth.machine.profile import MemoryModule
from hearth.machine.read.channels import channel_of
from hearth.machine.read.files import read_fields
from hearth.machine.read.smbios import parse_modules

MAX_MODULES = 1024


def read_modules(root: Path = Path("/")) -> tuple[MemoryModule, ...] | str:
    """Return the memory modules, or why they cannot be told.

    Args:
        root: Where `run` and `sys` are.
    """
    if sys.platform == "win32":
        return parse_modules(_windows_table()) or "the firmware names no memory modules"
    if sys.platform != "linux":
        return "this system does not tell; memory on Apple's chips is looked up by their name"
    table = root / "sys/firmware/dmi/tables/DMI"
    try:
        return parse_modules(table.read_bytes()) or "the firmware names no memory modules"
    except FileNotFoundError:
        return "the kernel shows no tables of the firmware, as is usual in virtual machines"
    except OSError:
        found = _from_udev(root)
        return found or f"only root may read {table}, and udev has not kept it: use sudo once"


def _from_udev(root: Path) -> tuple[MemoryModule, ...]:
    told = read_fields(root / "run/udev/data/+dmi:id", "=")
    found = []
    for number in range(MAX_MODULES):
        fields = f"E:MEMORY_DEVICE_{number}_"
        if not any(name.startswith(fields) for name in told):
            break
        size = _number(told.get(f"{fields}SIZE"))
        if not size:
            continue  # an empty slot
        rate = _number(told.get(f"{fields}CONFIGURED_SPEED_MTS"))
        rate = rate or _number(told.get(f"{fields}SPEED_MTS"))
        slot = told.get(f"{fields}LOCATOR")
        found.append(
            MemoryModule(
                kind=told.get(f"{fields}TYPE"),
                size_bytes=size,
                transfers_per_s=rate * 1e6 if rate else None,
                width_bits=_number(told.get(f"{fields}DATA_WIDTH")),
                slot=slot,
                channel=channel_of(told.get(f"{fields}BANK_LOCATOR"), slot),
            )
        )
    return tuple(found)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _windows_table() -> bytes:
    import ctypes

    provider = int.from_bytes(b"RSMB", "big")
    read = ctypes.windll.kernel32.GetSystemFirmwareTable  # type: ignore[attr-defined,unused-ignore]
    size = read(provider, 0, None, 0)
    buffer = ctypes.create_string_buffer(size)
    read(provider, 0, buffer, size)
    return buffer.raw[8:]  # behind the header of struct RawSMBIOSData
