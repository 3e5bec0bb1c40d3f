"""What NVIDIA's driver tells of its GPUs, through `nvidia-smi`, which every driver brings along."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass

from hearth.machine.read.programs import ask

_MIB = 2**20
_FIELDS = (
    "name",
    "pci.bus_id",
    "driver_version",
    "memory.total",
    "memory.free",
    "power.limit",
    "pcie.link.gen.current",
    "pcie.link.gen.max",
    "pcie.link.width.current",
    "pcie.link.width.max",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NvidiaGpu:
    """One GPU as the driver tells; what it does not tell is None."""

    name: str
    address: str
    driver: str
    memory_bytes: int | None
    available_bytes: int | None
    power_limit_w: float | None
    link_now: str | None
    link_max: str | None


def ask_driver(program: str = "nvidia-smi") -> tuple[NvidiaGpu, ...] | str:
    """Return NVIDIA's GPUs, or why the driver cannot be asked.

    Args:
        program: Name or path of nvidia-smi.
    """
    query = f"--query-gpu={','.join(_FIELDS)}"
    answer = ask(program, query, "--format=csv,noheader,nounits")
    return answer.why_not or parse_answer(answer.text)


def parse_answer(text: str) -> tuple[NvidiaGpu, ...]:
    """Read the lines of nvidia-smi's answer; what it could not tell stands in brackets."""
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    return tuple(
        _gpu(dict(zip(_FIELDS, row, strict=True))) for row in rows if len(row) == len(_FIELDS)
    )


def _gpu(told: dict[str, str]) -> NvidiaGpu:
    total, free = _number(told["memory.total"]), _number(told["memory.free"])
    return NvidiaGpu(
        name=told["name"].strip(),
        address=_address(told["pci.bus_id"]),
        driver=told["driver_version"].strip(),
        memory_bytes=int(total * _MIB) if total else None,
        available_bytes=int(free * _MIB) if free else None,
        power_limit_w=_number(told["power.limit"]),
        link_now=_link(told["pcie.link.gen.current"], told["pcie.link.width.current"]),
        link_max=_link(told["pcie.link.gen.max"], told["pcie.link.width.max"]),
    )


def _address(text: str) -> str:
    """Return a bus address as the kernel writes it; the driver writes a longer domain."""
    domain, _, rest = text.strip().casefold().partition(":")
    return f"{domain[-4:]}:{rest}"


def _link(generation: str, lanes: str) -> str | None:
    first, second = _number(generation), _number(lanes)
    return f"{first:g}.0 x{second:g}" if first and second else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None  # "[N/A]", "[Not Supported]"
    return value if math.isfinite(value) and value > 0 else None
