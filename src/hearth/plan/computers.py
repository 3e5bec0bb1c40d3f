"""The computer that a machine profile describes, as the roofline takes it."""

from __future__ import annotations

from dataclasses import replace

from hearth.machine.profile import GpuPart, MachineProfile, Measured
from hearth.plan.arithmetic import Range
from hearth.plan.devices import Computer, Device, device_of_figures
from hearth.plan.kernels import table_of, with_kernels
from hearth.plan.shape import ModelShape


def computer_of(profile: MachineProfile, shape: ModelShape | None = None) -> Computer:
    """Return the computer that a profile describes; parts without a figure are left out.

    Args:
        profile: The machine.
        shape: A model, whose weight types then take the rates that the machine's kernels were
            measured at, where the profile has any.
    """
    devices = [device for device in (*map(_gpu, profile.gpus), _host(profile)) if device]
    if shape is not None and profile.kernels:
        types = shape.bytes_by_type
        table = table_of(profile)
        devices = [
            replace(
                with_kernels(device, profile.kernels, types),
                kernels=table if device.kind == "cpu" else None,
            )
            for device in devices
        ]
    links = [part.host_to_device or (part.link and part.link.bandwidth) for part in profile.gpus]
    known = [link.high for link in links if link]
    disk = profile.storage[0] if profile.storage else None
    return Computer(
        name=profile.name,
        devices=tuple(devices),
        link=min(known) if known else None,
        disk=_range(disk.cold_read) if disk else None,
        page_cache=_range(disk.warm_read) if disk else None,
    )


def _gpu(part: GpuPart) -> Device | None:
    if part.memory_bandwidth is None:
        return None
    made = device_of_figures(
        part.name, "gpu", part.memory_bandwidth, None, part.flops_f16, part.memory_bytes
    )
    return replace(made, shares_memory=part.shares_memory)


def _host(profile: MachineProfile) -> Device | None:
    memory = profile.memory
    if memory.bandwidth is None:
        return None
    if any(part.shares_memory for part in profile.gpus):
        return None  # the GPU half of the chip computes from the same memory
    name = profile.cpu.name or "the processor"
    return device_of_figures(
        name, "cpu", memory.bandwidth, memory.theoretical_bandwidth, None, memory.total_bytes
    )


def _range(figure: Measured | None) -> Range | None:
    return None if figure is None else Range(low=figure.low, likely=figure.value, high=figure.high)
