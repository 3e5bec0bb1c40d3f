"""How much memory a model needs: by part, by device, and by what can be taken back."""

from __future__ import annotations

from hearth.plan.memory.caches import (
    CELL_STEP,
    KEPT_SEQUENCES,
    KV_TYPES,
    kept_sequences,
    kv_bytes,
    padded_cells,
    state_bytes,
)
from hearth.plan.memory.compute import VERIFIED, compute_bytes, has_formula
from hearth.plan.memory.formula import memory_need
from hearth.plan.memory.need import DeviceNeed, MemoryNeed, MemoryParts

__all__ = [
    "CELL_STEP",
    "KEPT_SEQUENCES",
    "KV_TYPES",
    "VERIFIED",
    "DeviceNeed",
    "MemoryNeed",
    "MemoryParts",
    "compute_bytes",
    "has_formula",
    "kept_sequences",
    "kv_bytes",
    "memory_need",
    "padded_cells",
    "state_bytes",
]
