"""Read this machine in one call."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from hearth.config import Config, default_home
from hearth.machine.accelerators import Accelerator, read_accelerators
from hearth.machine.cgroup import read_cgroup
from hearth.machine.cpu import Cpu, read_cpu
from hearth.machine.memory import Memory, read_memory
from hearth.machine.storage import Storage, read_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What there is to compute with, now. `storage` is the disk of Hearth's home."""

    system: str
    cpu: Cpu
    memory: Memory
    storage: Storage
    accelerators: tuple[Accelerator, ...]


def read_machine(config: Config | None = None) -> Machine:
    """Read processor, memory, storage and accelerators; takes a few milliseconds.

    Args:
        config: Says where Hearth's home is; None stands for the default home.
    """
    limits = read_cgroup()
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        cpu=read_cpu(limits),
        memory=read_memory(limits),
        storage=read_storage(config.home if config else default_home()),
        accelerators=read_accelerators(),
    )
