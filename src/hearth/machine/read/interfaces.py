"""The network interfaces: of which kind they are, and what they negotiated with the other end."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from hearth.machine.profile import NOT_MEASURED, Measured, NetworkPart
from hearth.machine.read.files import read_number

_LOOPBACK, _TUNNEL = 772, 65534  # ARPHRD_LOOPBACK, ARPHRD_NONE of linux/if_arp.h


def read_interfaces(root: Path = Path("/")) -> tuple[NetworkPart, ...]:
    """Return all network interfaces, those that are up first.

    Args:
        root: Where `sys` is.
    """
    found = []
    for name, told in psutil.net_if_stats().items():
        kind = _kind(root / "sys/class/net" / name) if sys.platform == "linux" else _by_name(name)
        link = None
        if told.speed and kind not in ("loopback", "virtual"):
            source = "negotiated by the interface, before protocols"
            link = Measured.looked_up(told.speed * 1e6 / 8, "B/s", source)
        missing = {} if link else {"link": _no_link(kind, told.isup)}
        found.append(NetworkPart(name=name, kind=kind, is_up=told.isup, link=link, missing=missing))
    return tuple(sorted(found, key=lambda one: (not one.is_up, one.name)))


def _no_link(kind: str, is_up: bool) -> str:
    if kind == "loopback":
        return NOT_MEASURED
    if not is_up:
        return "it is down"
    if kind == "virtual":
        return "a virtual interface has no wire; it is as fast as what it leads to"
    return "the driver does not tell"


def _kind(place: Path) -> str:
    number = read_number(place / "type")
    if number == _LOOPBACK:
        return "loopback"
    if (place / "wireless").exists() or (place / "phy80211").exists():
        return "Wi-Fi"
    if number == _TUNNEL or not (place / "device").exists():
        return "virtual"
    return "Ethernet"


def _by_name(name: str) -> str:
    lowered = name.casefold()
    if lowered.startswith(("lo", "loopback")):
        return "loopback"
    return "Wi-Fi" if lowered.startswith(("wi-fi", "wlan")) else "interface"
