"""The GPUs of this machine: from the PCI bus, NVIDIA's driver, the name of Apple's chip, or Vulkan.

Memory and link are what drivers tell; bandwidth and operations per second are looked up by the
whole name, until something that may run the engine measures them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hearth.machine.catalogue import find_gpu
from hearth.machine.describe import pcie_link
from hearth.machine.profile import NOT_MEASURED, GpuPart, LinkPart, Measured
from hearth.machine.read.files import read_fields, read_number, read_text
from hearth.machine.read.nvidia import NvidiaGpu, ask_driver
from hearth.machine.read.pci import PciDevice, device_name, read_devices, read_link
from hearth.machine.read.vulkan import ask_vulkan

_MAKERS = {"10de": ("NVIDIA", "cuda"), "1002": ("AMD", "rocm"), "8086": ("Intel", "oneapi")}
_DISPLAY, _ACCELERATOR = "03", "12"  # classes of the PCI registry
_INTEL_OWN = "0000:00:02.0"  # where Intel's processors have their own GPU


def read_gpus(cpu_name: str, memory_bytes: int, root: Path = Path("/")) -> tuple[GpuPart, ...]:
    """Return all GPUs that can be told.

    Args:
        cpu_name: The processor's; chips with a GPU of their own are known by it.
        memory_bytes: Of the machine, for GPUs that share it.
        root: Where `proc`, `sys` and `usr` are; nvidia-smi is asked only on the real one.
    """
    found = {
        device.address: _from_bus(device, memory_bytes, root)
        for device in read_devices(root)
        if device.vendor in _MAKERS and device.kind[:2] in (_DISPLAY, _ACCELERATOR)
    }
    answer = ask_driver() if root == Path("/") else ()
    for told in answer if isinstance(answer, tuple) else ():
        found[told.address] = _from_driver(told, found.get(told.address))
    shared = _own_gpu(cpu_name, memory_bytes)
    gpus = [*found.values(), *([shared] if shared else [])]
    if not gpus and root == Path("/"):
        gpus = [*_from_vulkan(memory_bytes)]
    return tuple(_look_up(gpu) for gpu in gpus)


def _from_bus(device: PciDevice, memory_bytes: int, root: Path) -> GpuPart:
    maker, kind = _MAKERS[device.vendor]
    information = root / f"proc/driver/nvidia/gpus/{device.address}/information"
    name = (
        read_fields(information, ":").get("Model")
        or read_text(device.place / "product_name")
        or device_name(device, root)
        or f"{maker} GPU {device.vendor}:{device.device}"
    )
    is_own = device.vendor == "8086" and device.address == _INTEL_OWN
    total = read_number(device.place / "mem_info_vram_total")
    used = read_number(device.place / "mem_info_vram_used")
    missing = {} if total or is_own else {"memory_bytes": "the driver does not tell"}
    return GpuPart(
        name=name,
        kind=kind,
        address=device.address,
        driver=read_text(device.place / "driver/module/version"),
        memory_bytes=memory_bytes if is_own else total,
        available_bytes=total - used if total and used is not None and used <= total else None,
        shares_memory=is_own,
        link=None if is_own else read_link(device.place, "CPU and GPU"),
        missing=missing,
    )


def _from_driver(told: NvidiaGpu, seen: GpuPart | None) -> GpuPart:
    link = seen.link if seen and seen.link else _link(told)
    power = told.power_limit_w
    return GpuPart(
        name=told.name,
        kind="cuda",
        address=told.address,
        driver=told.driver,
        memory_bytes=told.memory_bytes,
        available_bytes=told.available_bytes,
        power_limit=Measured.looked_up(power, "W", "nvidia-smi") if power else None,
        link=link,
        missing={} if told.memory_bytes else {"memory_bytes": "the driver does not tell"},
    )


def _from_vulkan(memory_bytes: int) -> Iterator[GpuPart]:
    told = ask_vulkan()
    for gpu in told if isinstance(told, tuple) else ():
        missing = {} if gpu.shares_memory else {"memory_bytes": "Vulkan's summary does not tell"}
        yield GpuPart(
            name=gpu.name,
            kind="vulkan",
            memory_bytes=memory_bytes if gpu.shares_memory else None,
            shares_memory=gpu.shares_memory,
            missing=missing,
        )


def _link(told: NvidiaGpu) -> LinkPart | None:
    now = pcie_link(told.link_now) if told.link_now else None
    most = pcie_link(told.link_max) if told.link_max else None
    if now is None or most is None:
        return now or most
    return replace(now, max_bandwidth=most.bandwidth)


def _own_gpu(cpu_name: str, memory_bytes: int) -> GpuPart | None:
    """Return the GPU half of a chip that the catalogue knows, or of an Apple chip it does not."""
    row = find_gpu(cpu_name)
    if row is not None and row.shares_memory:
        return GpuPart(name=row.name, kind=row.kind, memory_bytes=memory_bytes, shares_memory=True)
    if sys.platform == "darwin" and re.match(r"Apple M\d", cpu_name):
        return GpuPart(name=cpu_name, kind="metal", memory_bytes=memory_bytes, shares_memory=True)
    return None


def _look_up(gpu: GpuPart) -> GpuPart:
    row = find_gpu(gpu.name)
    missing = {**gpu.missing, "host_to_device": NOT_MEASURED, "device_to_host": NOT_MEASURED}
    if row is None:
        why = f"the catalogue has no row with the whole name {gpu.name!r}"
        return replace(gpu, missing={**missing, "memory_bandwidth": why, "flops_f16": why})
    flops = row.flops_f16()
    if flops is None:
        missing["flops_f16"] = "the source of its catalogue row does not state it"
    return replace(gpu, memory_bandwidth=row.bandwidth(), flops_f16=flops, missing=missing)
