"""Move blocks of bytes to, from and within a device, and note how long each took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hearth.engine.llama.devices import Device, Workbench
from hearth.errors import EngineError
from hearth.machine.cgroup import read_cgroup
from hearth.machine.memory import read_memory

MIB = 2**20
MOST_BYTES = 512 * MIB  # far more than any GPU's cache (256 MiB at most, of AMD's MI300X)
PART_OF_FREE = 8  # three blocks are taken; what runs beside keeps its memory
REPEATS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTimes:
    """Seconds of each repeat on one device; `why_not` where there are none.

    Args:
        is_pinned: The host's block lay in memory that the driver gave for it.
    """

    name: str
    description: str
    size_bytes: int = 0
    is_pinned: bool = False
    to_device_s: tuple[float, ...] = ()
    to_host_s: tuple[float, ...] = ()
    copy_s: tuple[float, ...] = ()
    why_not: str | None = None


def time_device(device: Device, most_bytes: int = MOST_BYTES) -> DeviceTimes:
    """Time one device.

    Args:
        device: As the engine lists it.
        most_bytes: Of a block.
    """
    name, description = device.name, device.description
    host_bytes = read_memory(read_cgroup()).available_bytes
    size_bytes = min(most_bytes, min(device.free_bytes, host_bytes) // PART_OF_FREE) // MIB * MIB
    if not size_bytes:
        why = "too little memory is free to move blocks of it around"
        return DeviceTimes(name=name, description=description, why_not=why)
    try:
        with Workbench(device, size_bytes) as bench:
            return DeviceTimes(
                name=name,
                description=description,
                size_bytes=size_bytes,
                is_pinned=bench.is_pinned,
                to_device_s=_repeated(bench.to_device_s),
                to_host_s=_repeated(bench.to_host_s),
                copy_s=_repeated(bench.copy_s),
            )
    except EngineError as error:
        return DeviceTimes(name=name, description=description, why_not=error.message)


def _repeated(move: Callable[[], float]) -> tuple[float, ...]:
    move()  # the first one pays for pages, clocks and compiled kernels
    return tuple(move() for _ in range(REPEATS))
