"""How long loading takes: a start, reading the files, and copying what gets another order."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.plan.arithmetic import Range
from hearth.plan.devices import Computer

# A worker's start, whatever the model: programs and libraries, keys and values, threads, a first
# token. Then the bytes per second at which weights are copied into another order (docs/log.md).
START_S = Range(low=0.5, likely=0.9, high=2.5)
COPY_RATE = Range(low=0.4e9, likely=0.8e9, high=2e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTime:
    """Seconds that loading takes: from storage (cold) and from the system's cache (warm)."""

    cold_s: Range | None
    warm_s: Range | None


def load_time(weight_bytes: float, computer: Computer, *, copied_bytes: float = 0.0) -> LoadTime:
    """Predict how long a model takes to load; None where the machine's figure is unknown.

    Args:
        weight_bytes: Of its files.
        computer: The machine.
        copied_bytes: Of the weights, those that are copied into the processor's own order.
    """
    always = START_S.plus(COPY_RATE.dividing(copied_bytes))

    def reading(rate: Range | None) -> Range | None:
        return rate.dividing(weight_bytes).plus(always) if rate else None

    return LoadTime(cold_s=reading(computer.disk), warm_s=reading(computer.page_cache))
