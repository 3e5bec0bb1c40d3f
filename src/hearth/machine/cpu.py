"""The processor: its name, what it can compute, and how many of its cores are ours to use."""

from __future__ import annotations

import math
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from hearth.machine.cgroup import CgroupLimits

# What the engine can use of a processor, by the names that Windows' kernel knows them by.
# Source: IsProcessorFeaturePresent, winnt.h.
_WINDOWS_FEATURES = {13: "sse3", 36: "ssse3", 39: "avx", 40: "avx2", 41: "avx512f", 43: "asimddp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """The processor as this process may use it.

    Args:
        flags: Instruction sets in the system's own spelling ("avx512_vnni", "asimddp").
        num_logical: Hardware threads of the machine.
        num_usable: Hardware threads that this process may run on.
        num_physical: Whole cores among these; the fast ones where cores differ.
        quota: Processors' worth of time that the container allows, or None.
    """

    name: str
    architecture: str
    flags: frozenset[str]
    num_logical: int
    num_usable: int
    num_physical: int
    quota: float | None = None

    @property
    def num_threads(self) -> int:
        """Threads that computing should use: whole cores, within the container's quota."""
        allowed = self.num_usable if self.quota is None else math.floor(self.quota)
        return max(1, min(self.num_physical, self.num_usable, allowed))


def read_cpu(limits: CgroupLimits) -> Cpu:
    """Read the processor within the limits of this process's control group."""
    num_logical = os.cpu_count() or 1
    usable = usable_cpus(num_logical)
    name, flags = _name_and_flags()
    return Cpu(
        name=name,
        architecture=platform.machine(),
        flags=frozenset(flags),
        num_logical=num_logical,
        num_usable=len(usable),
        num_physical=_num_physical(usable),
        quota=limits.cpus,
    )


def usable_cpus(num_logical: int) -> frozenset[int]:
    """Return the hardware threads that this process may run on."""
    if sys.platform == "linux":
        return frozenset(os.sched_getaffinity(0))
    if sys.platform == "win32":
        return frozenset(psutil.Process().cpu_affinity() or range(num_logical))
    return frozenset(range(num_logical))


def count_cores(usable: frozenset[int], root: Path = Path("/")) -> int | None:
    """Count the whole cores behind hardware threads on Linux; None where the system does not say.

    On processors with fast and slow cores only the fast ones count: a batch waits for its slowest
    thread.

    Args:
        usable: Hardware threads by number.
        root: Where `sys` is mounted.
    """
    devices = root / "sys/devices"
    fast = _cpu_list(devices / "cpu_core/cpus") & usable or usable
    cores: set[tuple[str, str]] = set()
    for number in fast:
        topology = devices / f"system/cpu/cpu{number}/topology"
        try:
            package = (topology / "physical_package_id").read_text().strip()
            cores.add((package, (topology / "core_id").read_text().strip()))
        except OSError:
            return None
    return len(cores)


def _num_physical(usable: frozenset[int]) -> int:
    if sys.platform == "darwin":
        fast = _sysctl("hw.perflevel0.physicalcpu") or _sysctl("hw.physicalcpu")
        return int(fast) if fast.isdigit() else len(usable)
    counted = count_cores(usable)
    return counted or min(psutil.cpu_count(logical=False) or len(usable), len(usable))


def _cpu_list(path: Path) -> frozenset[int]:
    """Parse the kernel's notation of processor numbers, such as 0-7,16."""
    try:
        ranges = [part.partition("-") for part in path.read_text().strip().split(",") if part]
        return frozenset(
            number
            for first, _, last in ranges
            for number in range(int(first), int(last or first) + 1)
        )
    except (OSError, ValueError):
        return frozenset()


def _name_and_flags() -> tuple[str, list[str]]:
    if sys.platform == "linux":
        return parse_cpuinfo(_text(Path("/proc/cpuinfo")))
    if sys.platform == "darwin":
        flags = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}"
        return _sysctl("machdep.cpu.brand_string") or platform.machine(), flags.lower().split()
    if sys.platform == "win32":
        import ctypes

        has = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return platform.processor(), [name for code, name in _WINDOWS_FEATURES.items() if has(code)]
    return platform.processor() or platform.machine(), []


def parse_cpuinfo(text: str) -> tuple[str, list[str]]:
    """Return a processor's name and flags from the text of /proc/cpuinfo."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    name = fields.get("model name") or fields.get("hardware") or platform.machine()
    return name, (fields.get("flags") or fields.get("features") or "").split()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""  # some containers hide it: then the processor has no name


def _sysctl(name: str) -> str:
    done = subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True)
    return done.stdout.strip()
