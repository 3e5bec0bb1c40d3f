"""The processor with its caches, and which hardware threads to measure on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

from hearth.machine.cpu import Cpu, usable_cpus
from hearth.machine.profile import Cache, CpuPart
from hearth.machine.read.files import read_number, read_text

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def read_processor(cpu: Cpu, root: Path = Path("/")) -> CpuPart:
    """Return the processor with its caches, clock rate and memory nodes.

    Args:
        cpu: As it was read already.
        root: Where `sys` is.
    """
    usable = usable_cpus(cpu.num_logical)
    caches = _mac_caches() if sys.platform == "darwin" else read_caches(usable, root)
    max_hz = _max_hz(usable, root)
    missing = {}
    if not caches:
        missing["caches"] = "this system does not tell their sizes"
    if not max_hz:
        missing["max_hz"] = "the clock rate is not shown, as is usual in virtual machines"
    return CpuPart(
        name=cpu.name,
        flags=tuple(sorted(cpu.flags)),
        num_logical=cpu.num_logical,
        num_physical=cpu.num_physical,
        num_threads=cpu.num_threads,
        num_nodes=len(list((root / "sys/devices/system/node").glob("node[0-9]*"))) or None,
        quota=cpu.quota,
        max_hz=max_hz,
        caches=caches,
        missing=missing,
    )


def read_caches(usable: Iterable[int], root: Path = Path("/")) -> tuple[Cache, ...]:
    """Return the caches behind hardware threads; the nearest first, one entry for equal ones."""
    shared: dict[tuple[int, str, int], set[str]] = {}
    for number in usable:
        for index in (root / f"sys/devices/system/cpu/cpu{number}/cache").glob("index*"):
            level, kind = read_number(index / "level"), read_text(index / "type")
            size = _size(read_text(index / "size"))
            if level and kind and size:
                whose = read_text(index / "shared_cpu_list") or str(number)
                shared.setdefault((level, kind.casefold(), size), set()).add(whose)
    return tuple(
        Cache(level=level, kind=kind, size_bytes=size, num_instances=len(whose))
        for (level, kind, size), whose in sorted(shared.items())
    )


def whole_cores_first(usable: frozenset[int], root: Path = Path("/")) -> tuple[int, ...]:
    """Return hardware threads in the order in which work should get them: one per core first."""

    def rank(number: int) -> tuple[int, int]:
        topology = root / f"sys/devices/system/cpu/cpu{number}/topology"
        siblings = read_text(topology / "thread_siblings_list") or ""
        ours = [int(text) for text in re.findall(r"\d+", siblings.replace("-", ","))]
        earlier = [other for other in ours if other < number and other in usable]
        return len(earlier), number

    return tuple(sorted(usable, key=rank))


def _size(text: str | None) -> int | None:
    found = re.fullmatch(r"(\d+)([KMG]?)", text or "")
    return int(found[1]) * _UNITS[found[2]] if found else None


def _max_hz(usable: Iterable[int], root: Path) -> float | None:
    folder = root / "sys/devices/system/cpu"
    found = [read_number(folder / f"cpu{number}/cpufreq/cpuinfo_max_freq") for number in usable]
    known = [1000.0 * khz for khz in found if khz]
    if known or sys.platform == "linux":
        return max(known, default=None)
    told = psutil.cpu_freq()
    return told.max * 1e6 if told and told.max else None


def _mac_caches() -> tuple[Cache, ...]:
    found = []
    for level, name in ((1, "l1dcachesize"), (2, "l2cachesize"), (3, "l3cachesize")):
        for place in ("hw.perflevel0", "hw"):
            size = _size(_sysctl(f"{place}.{name}"))
            if size:
                kind = "data" if level == 1 else "unified"
                found.append(Cache(level=level, kind=kind, size_bytes=size))
                break
    return tuple(found)


def _sysctl(name: str) -> str:
    done = subprocess.run(
        ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, env=os.environ
    )
    return done.stdout.strip()
