"""The network interfaces: of which kind they are, and what they negotiated with the other end."""

from __future__ import annotations

import socket
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
    for name, (is_up, mbit_s) in _states().items():
        place = root / "sys/class/net" / name
        kind = _kind(place) if place.is_dir() else _by_name(name)
        link = None
        if mbit_s and kind not in ("loopback", "virtual"):
            source = "negotiated by the interface, before protocols"
            link = Measured.looked_up(mbit_s * 1e6 / 8, "B/s", source)
        missing = {} if link else {"link": _no_link(kind, is_up)}
        found.append(NetworkPart(name=name, kind=kind, is_up=is_up, link=link, missing=missing))
    return tuple(sorted(found, key=lambda one: (not one.is_up, one.name)))


def _states() -> dict[str, tuple[bool, int]]:
    """Return of each interface whether it is up, and its speed in Mbit/s; 0 where it is unknown."""
    try:
        return {name: (told.isup, told.speed) for name, told in psutil.net_if_stats().items()}
    except OSError:  # a container that hides /proc; the kernel tells names all the same
        return {name: (True, 0) for _, name in socket.if_nameindex()}


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
