"""How much memory a model may take on each device of a machine, and why not all of it.

A machine that is here says what is free now. Of a described one only totals are known, so a part is
left to its system.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.machine.profile import GpuPart, MachineProfile
from hearth.plan.load import MAX_RESERVE_BYTES
from hearth.plan.show import amount

SYSTEM_PART = 8  # of a described machine's memory, one part in so many is its system's
MAX_SYSTEM_BYTES = 4 * 2**30
# A GPU's driver and the engine's own kernels: 0.3 to 0.6 GB as llama.cpp reports it "unaccounted".
GPU_RESERVE_BYTES = 512 * 2**20
# macOS lends the GPU three quarters of memory from 64 GB on (recommendedMaxWorkingSetSize, as
# llama.cpp logs it); elsewhere the processor needs a part as well.
SHARED_PART = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a model may take of one device's memory.

    Args:
        kind: "gpu", or "cpu" for main memory.
        total_bytes: All there is; None where the machine does not say.
        free_bytes: What may be taken; None where that is unknown.
        reason: How it follows.
    """

    name: str
    kind: str
    total_bytes: int | None
    free_bytes: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What a model may take of a machine: of each GPU, and of main memory.

    Args:
        gpus: Those with memory of their own and a known bandwidth, which speeds need.
        host: Main memory. A GPU that shares it computes from there.
    """

    gpus: tuple[Budget, ...]
    host: Budget

    @property
    def free_bytes(self) -> int | None:
        """Memory of all devices together; None where one is unknown."""
        free = [each.free_bytes for each in (*self.gpus, self.host)]
        known = [one for one in free if one is not None]
        return sum(known) if len(known) == len(free) else None


def budgets(profile: MachineProfile) -> Budgets:
    """Return what a model may take on a machine."""
    own = [gpu for gpu in profile.gpus if gpu.memory_bandwidth and not gpu.shares_memory]
    return Budgets(gpus=tuple(map(_of_gpu, own)), host=_of_host(profile))


def _of_gpu(gpu: GpuPart) -> Budget:
    free = gpu.available_bytes if gpu.available_bytes is not None else gpu.memory_bytes
    now = "free now" if gpu.available_bytes is not None else "its memory"
    return Budget(
        name=gpu.name,
        kind="gpu",
        total_bytes=gpu.memory_bytes,
        free_bytes=None if free is None else max(0, free - GPU_RESERVE_BYTES),
        reason=f"{now}, less {amount(GPU_RESERVE_BYTES)} for its driver and the engine's programs",
    )


def _of_host(profile: MachineProfile) -> Budget:
    memory = profile.memory
    name = _host_name(profile)
    total = memory.total_bytes
    if total is None:
        reason = "the machine's description does not say how much there is"
        return Budget(name=name, kind="cpu", total_bytes=None, free_bytes=None, reason=reason)
    if memory.available_bytes is not None:
        reserve = min(MAX_RESERVE_BYTES, total // 20)
        free, reason = memory.available_bytes, "free now, less {} for everything else"
    else:
        reserve = min(MAX_SYSTEM_BYTES, total // SYSTEM_PART)
        free, reason = total, "its memory, less {} for its system"
    if any(gpu.shares_memory for gpu in profile.gpus):
        reserve = max(reserve, round((1 - SHARED_PART) * total))
    return Budget(
        name=name,
        kind="cpu",
        total_bytes=total,
        free_bytes=max(0, free - reserve),
        reason=reason.format(amount(reserve)),
    )


def _host_name(profile: MachineProfile) -> str:
    shared = next((gpu.name for gpu in profile.gpus if gpu.shares_memory), None)
    return f"memory of {shared}" if shared else "main memory"
