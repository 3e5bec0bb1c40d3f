"""What the system tells of this machine, as a profile in which nothing is measured."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform

from hearth.config import Config
from hearth.machine.accelerators import look_for_accelerators
from hearth.machine.catalogue import find_gpu
from hearth.machine.cgroup import read_cgroup
from hearth.machine.cpu import read_cpu
from hearth.machine.memory import Memory, read_memory
from hearth.machine.power import Sources, find_sources
from hearth.machine.profile import (
    NOT_MEASURED,
    CpuPart,
    GpuPart,
    MachineProfile,
    MemoryPart,
    PowerPart,
    ToolkitPart,
)
from hearth.machine.read.channels import count_channels, theoretical_bandwidth
from hearth.machine.read.disk import read_disk
from hearth.machine.read.gpus import read_gpus
from hearth.machine.read.interfaces import read_interfaces
from hearth.machine.read.modules import read_modules
from hearth.machine.read.pci import read_disk_links
from hearth.machine.read.processor import read_processor
from hearth.machine.read.system import read_system
from hearth.machine.storage import read_storage


def read_facts(config: Config) -> MachineProfile:
    """Return what the system tells of this machine.

    Args:
        config: Says where Hearth's home is, whose disk counts.
    """
    limits = read_cgroup()
    cpu = read_processor(read_cpu(limits))
    memory = _memory_part(read_memory(limits), cpu.name or "")
    gpus = read_gpus(cpu.name or "", memory.total_bytes or 0)
    return MachineProfile(
        name="this machine",
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        fingerprint=_fingerprint(cpu, memory, gpus),
        system=read_system(),
        cpu=cpu,
        memory=memory,
        storage=(read_disk(read_storage(config.home)),),
        gpus=gpus,
        toolkits=_toolkits(),
        network=read_interfaces(),
        links=read_disk_links(),
        power=_power(find_sources(), gpus),
        missing={"kernels": NOT_MEASURED},
    )


def _memory_part(memory: Memory, cpu_name: str) -> MemoryPart:
    modules = read_modules()
    missing = dict.fromkeys(("bandwidth_by_threads", "bandwidth_by_size"), NOT_MEASURED)
    missing["latency_by_size"] = NOT_MEASURED
    theory = theoretical_bandwidth(modules) if isinstance(modules, tuple) else modules
    chip = find_gpu(cpu_name)
    if isinstance(theory, str) and chip is not None and chip.shares_memory:
        theory = chip.bandwidth()
    if isinstance(theory, str):
        missing["theoretical_bandwidth"] = theory
    if isinstance(modules, str):
        missing["modules"] = modules
        modules = ()
    kinds = sorted({module.kind for module in modules if module.kind})
    return MemoryPart(
        kind=" and ".join(kinds) or None,
        total_bytes=memory.total_bytes,
        available_bytes=memory.available_bytes,
        limited_by=memory.limited_by,
        num_channels=count_channels(modules),
        modules=modules,
        theoretical_bandwidth=None if isinstance(theory, str) else theory,
        missing=missing,
    )


def _power(sources: Sources, gpus: tuple[GpuPart, ...]) -> PowerPart:
    not_yet = {"idle": NOT_MEASURED} if sources.found else {}
    missing = {name: why for name, why in sources.missing.items() if gpus or name != "GPU"}
    return PowerPart(
        covers=tuple(dict.fromkeys(source.covers for source in sources.found)),
        missing={**missing, **not_yet},
    )


def _toolkits() -> tuple[ToolkitPart, ...]:
    return tuple(
        ToolkitPart(
            kind=each.kind,
            title=each.title,
            device=each.device,
            runtime=each.runtime,
            toolkit=each.toolkit,
        )
        for each in look_for_accelerators()
    )


def _fingerprint(cpu: CpuPart, memory: MemoryPart, gpus: tuple[GpuPart, ...]) -> str:
    """Return a number that stays the same until processor, memory, GPUs or limits change."""
    told = [
        platform.system(),
        platform.machine(),
        (cpu.name, cpu.flags, cpu.num_logical, cpu.num_threads, cpu.quota),
        (memory.total_bytes, [(one.kind, one.size_bytes) for one in memory.modules]),
        [(gpu.name, gpu.address, gpu.memory_bytes) for gpu in gpus],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
