"""What fits: the need of a load with some settings, against what host and GPUs have free."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, replace

from hearth.core import Choice
from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory import MemoryNeed, memory_need

SMALLEST_CONTEXT = 512  # the planner offers no less by itself
BATCH_TOKENS = 512
MATRIX_TOKENS = 128

BATCH = Choice(
    value=BATCH_TOKENS,
    reason=f"prompts gain nothing above {BATCH_TOKENS}, and scratch memory grows with it",
)
MATRIX_BATCH = Choice(
    value=MATRIX_TOKENS,
    reason="so the matrix of attention is small, and stays in the processor's caches",
)


def micro_batch(*, flash_attention: bool) -> Choice[int]:
    """Return how many tokens of a prompt are computed at once."""
    return BATCH if flash_attention else MATRIX_BATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """Settings of a load that memory depends on, and the memory that there is.

    Args:
        host_bytes: Main memory that the load may take; `gpu_bytes` is that of the GPUs together.
        asked_layers: Layers on GPUs that a person asked for; None means as many as fit.
        cpu_flags: The processor's instruction sets.
        repack: Whether weights are copied into the processor's own order.
    """

    info: ModelInfo
    host_bytes: int
    gpu_bytes: int
    kv_type: str
    flash_attention: bool
    num_sequences: int
    asked_layers: int | None = None
    cpu_flags: frozenset[str] = frozenset()
    repack: bool = True

    @property
    def budget_bytes(self) -> int:
        """Main memory and that of the GPUs together."""
        return self.host_bytes + self.gpu_bytes

    @property
    def micro_batch(self) -> Choice[int]:
        """Tokens of a prompt that are computed at once."""
        return micro_batch(flash_attention=self.flash_attention)

    def need(self, tokens: int, gpu_layers: int | None = None) -> MemoryNeed:
        """Return what a load with so many cells needs, divided as it will be."""
        layers = self.gpu_layers(tokens) if gpu_layers is None else gpu_layers
        return memory_need(
            self.info,
            cells=tokens,
            num_sequences=self.num_sequences,
            micro_batch_tokens=self.micro_batch.value,
            kv_type=self.kv_type,
            flash_attention=self.flash_attention,
            gpu_layers=layers,
            repack=self.repack,
            cpu_flags=self.cpu_flags,
        )

    def gpu_layers(self, tokens: int) -> int:
        """Return how many layers GPUs take: those asked for, or as many as they hold."""
        all_layers = self.info.num_layers + 1
        if not self.gpu_bytes:
            return 0
        if self.asked_layers is not None:
            return min(self.asked_layers, all_layers)
        counts = range(1, all_layers + 1)
        return bisect.bisect_right(
            counts, self.gpu_bytes, key=lambda count: self._gpu_need(tokens, count)
        )

    def fits(self, tokens: int) -> bool:
        """Say whether so many cells fit into the memory of the host and of the GPUs."""
        return self.lacking_bytes(tokens) == 0

    def lacking_bytes(self, tokens: int) -> int:
        """Return what the host or the GPUs lack for so many cells."""
        need = self.need(tokens)
        on_gpu = sum(device.total_bytes for device in need.devices[1:])
        host = max(0, need.host.total_bytes - self.host_bytes)
        return host + max(0, on_gpu - self.gpu_bytes)

    def largest_fitting(self, wanted: int) -> int | None:
        """Return the largest context below `wanted` that fits, in steps of the smallest."""
        steps = range(SMALLEST_CONTEXT, wanted, SMALLEST_CONTEXT)
        num_fitting = bisect.bisect_right(steps, 0, key=self.lacking_bytes)
        return steps[num_fitting - 1] if num_fitting else None

    def changed(self, **changes: object) -> Sizing:
        """Return the same with other settings."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def _gpu_need(self, tokens: int, count: int) -> int:
        return self.need(tokens, count).devices[1].total_bytes
