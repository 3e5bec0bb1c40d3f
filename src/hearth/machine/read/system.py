"""The operating system, what it runs in, and the board under it."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from hearth.machine.profile import SystemPart
from hearth.machine.read.files import join_words, read_fields, read_text

# Product names by which hypervisors show themselves in the firmware's tables.
# Source: dmi_vendor_table in systemd's src/basic/virt.c.
_VIRTUAL_MAKERS = ("KVM", "QEMU", "VMware", "VirtualBox", "innotek", "Xen", "Parallels", "BHYVE")


def read_system(root: Path = Path("/")) -> SystemPart:
    """Read operating system and board.

    Args:
        root: Where `etc`, `proc` and `sys` are.
    """
    dmi = root / "sys/class/dmi/id"
    board = join_words(read_text(dmi / "board_vendor"), read_text(dmi / "board_name"))
    firmware = join_words(
        read_text(dmi / "bios_vendor"),
        read_text(dmi / "bios_version"),
        read_text(dmi / "bios_date"),
    )
    missing = {}
    if board is None:
        missing["board"] = _no_board(dmi)
    return SystemPart(
        name=read_fields(root / "etc/os-release", "=").get("PRETTY_NAME") or _system_name(),
        kernel=f"{platform.system()} {platform.release()}",
        architecture=platform.machine(),
        virtual=_virtual(root, dmi),
        container=_container(root),
        board=board,
        firmware=firmware,
        missing=missing,
    )


def _system_name() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    return f"{platform.system()} {platform.release()}"


def _no_board(dmi: Path) -> str:
    if sys.platform != "linux":
        return "read on Linux only"
    if not dmi.is_dir():
        return f"the kernel shows no tables of the firmware ({dmi} does not exist)"
    return "the firmware does not name it"


def _virtual(root: Path, dmi: Path) -> str | None:
    """Return the name of the hypervisor, "yes" where only its presence shows, else None."""
    named = read_text(root / "sys/hypervisor/type")
    if named:
        return named
    told = join_words(read_text(dmi / "sys_vendor"), read_text(dmi / "product_name")) or ""
    for maker in _VIRTUAL_MAKERS:
        if maker.casefold() in told.casefold():
            return told
    flags = read_fields(root / "proc/cpuinfo", ":").get("flags", "").split()
    return (told or "yes") if "hypervisor" in flags else None


def _container(root: Path) -> str | None:
    """Return the kind of container this runs in; None outside of one."""
    for sign, kind in ((".dockerenv", "Docker"), ("run/.containerenv", "Podman")):
        if (root / sign).exists():
            return kind
    return read_text(root / "run/systemd/container")
