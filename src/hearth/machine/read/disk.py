"""What kind of disk a folder is on."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from hearth.machine.profile import NOT_MEASURED, StoragePart
from hearth.machine.read.files import read_number, read_text
from hearth.machine.storage import Storage

IN_MEMORY = ("tmpfs", "ramfs")
OVER_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "virtiofs")


def read_disk(storage: Storage, root: Path = Path("/")) -> StoragePart:
    """Return what the system tells of the disk under a folder.

    Args:
        storage: The folder, and how much room there is.
        root: Where `sys` is.
    """
    device, file_system = _mounted_from(storage.path)
    kind, name = None, None
    if file_system in IN_MEMORY:
        kind = "memory"
    elif file_system in OVER_NETWORK:
        kind = "network folder"
    elif device.startswith("/dev/") and sys.platform == "linux":
        kind, name = _kind(Path(device).resolve().name, root)
    missing = dict.fromkeys(("cold_read", "warm_read", "latency"), NOT_MEASURED)
    if kind is None:
        missing["kind"] = "the system does not tell what the folder lies on"
    return StoragePart(
        kind=kind,
        name=name,
        path=str(storage.path),
        file_system=file_system,
        total_bytes=storage.total_bytes,
        free_bytes=storage.free_bytes,
        missing=missing,
    )


def _mounted_from(path: Path) -> tuple[str, str | None]:
    """Return device and file system of the mount that a folder is in; the innermost one counts."""
    whole = path.resolve()
    best: tuple[str, str | None, int] = ("", None, -1)
    for device, place, file_system in _mounts():
        depth = len(Path(place).parts)
        if depth >= best[2] and whole.is_relative_to(place):
            best = (device, file_system or None, depth)
    return best[0], best[1]


def _mounts() -> list[tuple[str, str, str]]:
    """Return device, place and file system of each mount."""
    try:
        found = psutil.disk_partitions(all=True)
        return [(mount.device, mount.mountpoint, mount.fstype) for mount in found]
    except OSError:
        return []  # a container that hides /proc


def _kind(device: str, root: Path) -> tuple[str | None, str | None]:
    """Return kind and model of a block device; of the first disk under one put together."""
    place = (root / "sys/class/block" / device).resolve()
    if not place.is_dir():
        return None, None
    if (place / "partition").exists():
        place = place.parent
    below = sorted((place / "slaves").glob("*"))
    if below:
        return _kind(below[0].name, root)
    name = read_text(place / "device/model")
    if place.name.startswith(("vd", "xvd")):
        return "virtual disk", name
    if read_number(place / "queue/rotational") == 1:
        return "hard disk", name
    for sign, kind in (("/nvme", "NVMe SSD"), ("/usb", "USB disk"), ("/ata", "SATA SSD")):
        if sign in str(place):
            return kind, name
    if place.name.startswith("mmcblk"):
        return "memory card", name
    return "SSD", name
