"""Python, processor, memory and disk: enough of each?"""

from __future__ import annotations

import platform
import sys

from hearth.doctor.finding import Finding, State
from hearth.machine.probe import Machine

LEAST_PYTHON = (3, 11)
LOW_MEMORY_BYTES = 2**30
LOW_DISK_BYTES = 5 * 10**9
FULL_DISK_BYTES = 200 * 10**6


def examine_python() -> Finding:
    """Check the version of Python, and that it can address a large model."""
    detail = f"Python {platform.python_version()} ({sys.executable})"
    if sys.version_info < LEAST_PYTHON or sys.maxsize <= 2**32:
        return Finding(
            subject="Python",
            state=State.BAD,
            detail=f"{detail}; a 64-bit Python {'.'.join(map(str, LEAST_PYTHON))} is needed.",
            cure="Install it, and run `make up` with PYTHON=<its path>.",
        )
    return Finding(subject="Python", state=State.OK, detail=f"{detail}.")


def examine_cpu(machine: Machine) -> Finding:
    """Say which processor there is and how much of it may be used."""
    cpu = machine.cpu
    parts = [f"{cpu.num_physical} cores, {cpu.num_usable} threads"]
    if cpu.num_usable < cpu.num_logical:
        parts.append(f"of {cpu.num_logical} on this machine")
    if cpu.quota is not None:
        parts.append(f"the container allows {cpu.quota:g} processors' time")
    return Finding(
        subject="Processor",
        state=State.OK,
        detail=f"{cpu.name}: {', '.join(parts)}; Hearth computes with {cpu.num_threads}.",
    )


def examine_memory(machine: Machine) -> Finding:
    """Say how much memory is free, and whose limit counts."""
    memory = machine.memory
    whose = "this container" if memory.limited_by == "container" else "this machine"
    detail = (
        f"{memory.available_bytes / 1e9:.1f} of {memory.total_bytes / 1e9:.1f} GB are free "
        f"on {whose}."
    )
    if memory.available_bytes < LOW_MEMORY_BYTES:
        return Finding(
            subject="Memory",
            state=State.WARN,
            detail=f"{detail} Only the smallest models fit.",
            cure="Close other programs, or `hearth ps` and `hearth unload` a model.",
        )
    return Finding(subject="Memory", state=State.OK, detail=detail)


def examine_disk(machine: Machine) -> Finding:
    """Say how much room there is for models and conversations."""
    disk = machine.storage
    detail = (
        f"{disk.free_bytes / 1e9:.1f} GB of {disk.total_bytes / 1e9:.1f} are free ({disk.path})."
    )
    if disk.free_bytes >= LOW_DISK_BYTES:
        return Finding(subject="Disk", state=State.OK, detail=detail)
    is_full = disk.free_bytes < FULL_DISK_BYTES
    return Finding(
        subject="Disk",
        state=State.BAD if is_full else State.WARN,
        detail=f"{detail} {'Answers may not be saved.' if is_full else 'Few models fit.'}",
        cure="Free some space, or set HEARTH_HOME to a folder on a larger disk.",
    )
