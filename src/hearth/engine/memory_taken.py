"""What memory a worker really took, and whether that was planned."""

from __future__ import annotations

import psutil

from hearth.engine import messages as wire
from hearth.plan.load import LoadPlan
from hearth.plan.show import amount

MEMORY_TOLERANCE_BYTES = 32 * 2**20  # of what is planned for a worker's own memory


def memory_notice(plan: LoadPlan, ready: wire.Ready | None) -> str | None:
    """Say when a worker took clearly more memory of its own than was planned; else None."""
    if ready is None or ready.memory is None:
        return None
    taken, planned = ready.memory.anonymous_bytes, plan.memory.anonymous_bytes
    if taken <= planned + max(planned // 20, MEMORY_TOLERANCE_BYTES):
        return None
    return f"It took {amount(taken)} of memory for itself, where {amount(planned)} were planned."


def resident_bytes(pid: int | None) -> int:
    """Return what a process has in main memory; 0 where it is gone."""
    if pid is None:
        return 0
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
