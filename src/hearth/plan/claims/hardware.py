"""The hardware that a claim speaks of, and the most that hardware it does not speak of can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearth.plan.claims.claim import Claim
from hearth.plan.devices import Computer, Device, make_device

GIB_PER_GB = 2**30 / 1e9  # memory is sold in powers of two: 8 GB of it hold 8 GiB

# What memory and storage that a claim leaves out can do at most, and what a PC's usually do.
FASTEST_MAIN_MEMORY = 12 * 6400e6 * 8
USUAL_MAIN_MEMORY = 2 * 5600e6 * 8
FASTEST_DISK = 4 * 3.938e9
MAIN_MEMORY_SOURCE = "not said; no more than 12 channels of DDR5-6400"
DISK_SOURCE = "not said; no more than 4 lanes of PCI Express 5.0"

EACH_TOLERANCE = 0.1

# The largest caches there are: what they keep need not be read from memory again.
LARGEST_CACHE_BYTES = {"cpu": 1152e6, "gpu": 256e6}
CACHE_SOURCE = "1,152 MB in an AMD EPYC 9684X, 256 MB in an AMD MI300X"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A claim's computer, with what it says of memory put into the devices.

    Args:
        rest: Bytes per second at which at most is read what fits into no device.
        rest_source: Where that figure is from.
    """

    computer: Computer
    rest: float
    rest_source: str


def hardware_of(claim: Claim) -> Hardware | None:
    """Return the hardware of a claim, or None where it names none."""
    if claim.computer is None:
        return None
    num_gpus = sum(device.kind == "gpu" for device in claim.computer.devices)
    devices = tuple(_sized(device, claim, num_gpus) for device in claim.computer.devices)
    computer = replace(claim.computer, devices=devices)
    if any(map(is_main_memory, devices)):
        rate = claim.disk_bytes_per_s or FASTEST_DISK
        source = "as stated" if claim.disk_bytes_per_s else DISK_SOURCE
        return Hardware(computer=computer, rest=rate, rest_source=source)
    return Hardware(computer=computer, rest=FASTEST_MAIN_MEMORY, rest_source=MAIN_MEMORY_SOURCE)


def is_main_memory(device: Device) -> bool:
    """Say whether a device computes from main memory, so that nothing faster holds the rest."""
    return device.kind == "cpu" or device.shares_memory


def with_usual_host(hardware: Hardware) -> Computer:
    """Return a computer with a place for what does not fit: main memory as PCs have it, or storage.

    Main memory whose size was said, and does not suffice, reads the rest from storage; the bound
    has that, and the estimate is held below it.
    """
    computer = hardware.computer
    if any(device.kind == "cpu" for device in computer.devices):
        return computer
    if any(map(is_main_memory, computer.devices)):
        host = make_device("storage", "cpu", hardware.rest)
    else:
        host = make_device("main memory (DDR5-5600 x2 assumed)", "cpu", USUAL_MAIN_MEMORY)
    return replace(computer, devices=(*computer.devices, host))


def least_seconds(num_bytes: float, devices: Sequence[Device], rest: float) -> float:
    """Return the least time in which devices read so many bytes together.

    However the bytes are divided, a device reads no more than its memory holds, and no faster than
    its bandwidth; what no device holds comes at `rest` bytes per second. The least time t solves
    sum of min(memory, t x bandwidth) = bytes.
    """
    sizes = [(device.memory_bytes or float("inf"), device.bandwidth) for device in devices]
    sizes.append((float("inf"), rest if _overflows(num_bytes, devices) else 0.0))
    low, high = 0.0, num_bytes / min(rate for _, rate in sizes if rate)
    for _ in range(60):  # halves the interval each time: exact to the last bit
        middle = (low + high) / 2
        read = sum(min(size, middle * rate) for size, rate in sizes)
        low, high = (middle, high) if read < num_bytes else (low, middle)
    return high


def _overflows(num_bytes: float, devices: Sequence[Device]) -> bool:
    return sum(device.memory_bytes or float("inf") for device in devices) < num_bytes


def _memory_of_each(claim: Claim, gpu: Device, num_gpus: int) -> float:
    """Return the memory that a claim gives each of its GPUs.

    A figure no larger than one card's memory is meant for each, a larger one for all together.
    """
    said = (claim.memory_bytes or 0.0) * GIB_PER_GB
    is_each = gpu.memory_bytes is None or said <= gpu.memory_bytes * (1 + EACH_TOLERANCE)
    return said if is_each else said / num_gpus


def _sized(device: Device, claim: Claim, num_gpus: int) -> Device:
    """Return the device with the memory that the claim says it has."""
    if device.kind == "gpu" and claim.memory_bytes is not None:
        return replace(device, memory_bytes=_memory_of_each(claim, device, num_gpus))
    said = claim.ram_bytes if is_main_memory(device) else None
    if said is None and not num_gpus:
        said = claim.memory_bytes
    return replace(device, memory_bytes=said * GIB_PER_GB) if said else device
