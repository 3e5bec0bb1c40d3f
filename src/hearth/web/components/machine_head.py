"""A machine in a few lines: its processor, its system, and the limits that it is kept in."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.machine.profile import MachineProfile
from hearth.plan.units import num_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What is said of a machine as a whole.

    Args:
        limits: Of the container it runs in; empty without any.
    """

    title: str
    facts: tuple[str, ...]
    limits: str


def headline(profile: MachineProfile) -> Headline:
    """Return what is said of a machine as a whole."""
    system, memory = profile.system, profile.memory
    virtual = "virtual machine" if system.virtual == "yes" else system.virtual
    told = (
        _cores(profile),
        f"{num_bytes(memory.total_bytes)} of memory" if memory.total_bytes else None,
        *(gpu.name for gpu in profile.gpus),
        None if profile.gpus else "no GPU seen",
        system.name,
        system.kernel,
        system.board,
        virtual,
        f"container ({system.container})" if system.container else None,
    )
    return Headline(
        title=profile.cpu.name or profile.name,
        facts=tuple(fact for fact in told if fact),
        limits=_limits(profile),
    )


def _cores(profile: MachineProfile) -> str | None:
    cpu = profile.cpu
    if cpu.num_physical is None:
        return None
    cores = f"{cpu.num_physical} core{'' if cpu.num_physical == 1 else 's'}"
    threads = f"{cpu.num_threads} thread{'' if cpu.num_threads == 1 else 's'}"
    return f"{cores}, computing with {threads}"


def _limits(profile: MachineProfile) -> str:
    memory, quota = profile.memory, profile.cpu.quota
    limits = []
    if memory.limited_by == "container" and memory.total_bytes:
        limits.append(f"{num_bytes(memory.total_bytes)} of memory")
    if quota:
        limits.append(f"{quota:g} processors' worth of time")
    return f"Limits of the container: {', '.join(limits)}." if limits else ""
