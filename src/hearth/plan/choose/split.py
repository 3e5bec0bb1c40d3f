"""Ways to divide a model between GPUs and the processor, and the memory that each takes.

    processor  everything in main memory
    gpu        everything on GPUs, but the input embeddings, which are only looked up
    layers     the last layers on GPUs, as llama.cpp's --n-gpu-layers does
    experts    all layers on GPUs but the experts of the first ones (--n-cpu-moe): a token uses few
               of them, so that main memory is read little
    cache      all weights on GPUs, keys and values in main memory (--no-kv-offload)

GPUs are filled from the last layer to the first. Nothing here knows speeds. Source of the rules:
llama_model::load_tensors of llama.cpp.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hearth.models.gguf.info import ModelInfo
from hearth.plan.choose.budget import Budget, Budgets
from hearth.plan.memory import MemoryNeed
from hearth.plan.shape import ModelShape

Kind = Literal["processor", "gpu", "layers", "experts", "cache"]
Segment = tuple[int, int]  # the first part on a GPU, and the one after its last

UNLIMITED = float("inf")
TIED = 0.1  # of the output's bytes: with less left over, the output is the input embeddings


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A division of a model's layers.

    Args:
        gpu_layers: Layers on GPUs, the output counted as one, as llama.cpp does.
        cpu_experts: Layers, from the first on, whose experts stay in main memory.
        cpu_cache: Keys and values stay in main memory.
        segments: Which parts lie on which GPU, in the order of the GPUs.
    """

    kind: Kind
    gpu_layers: int = 0
    cpu_experts: int = 0
    cpu_cache: bool = False
    segments: tuple[Segment, ...] = ()

    def __str__(self) -> str:
        match self.kind:
            case "processor":
                return "all on the processor"
            case "gpu":
                return "all on the GPU" if len(self.segments) < 2 else "all on the GPUs"
            case "layers":
                return f"{self.gpu_layers} layers on the GPU"
            case "experts":
                return f"all on the GPU but the experts of {self.cpu_experts} layers"
            case "cache":
                return "weights on the GPU, keys and values in main memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceShare:
    """What a model takes of one device's memory.

    Args:
        budget: What it may take.
        kv_bytes: Keys, values and recurrent states.
        other_bytes: Compute buffers, logits and programs.
    """

    budget: Budget
    weights_bytes: int
    kv_bytes: int
    other_bytes: int

    @property
    def total_bytes(self) -> int:
        """The sum of all parts."""
        return self.weights_bytes + self.kv_bytes + self.other_bytes

    @property
    def fits(self) -> bool:
        """False where it is known to take more than it may."""
        return self.budget.free_bytes is None or self.total_bytes <= self.budget.free_bytes


class Divider:
    """Divides one model, in one quantization and with one memory of keys and values.

    Args:
        info: The model; `shape` is what a pass through it reads.
        need: What it takes in all.
        limits: What it may take.
        shares_memory: A GPU computes from main memory itself, so that there is nothing to divide.
    """

    def __init__(
        self,
        info: ModelInfo,
        shape: ModelShape,
        need: MemoryNeed,
        limits: Budgets,
        *,
        shares_memory: bool = False,
    ) -> None:
        self._need = need
        self._limits = limits
        self._shares_memory = shares_memory
        parts = shape.parts
        self._common = [part.weight_bytes for part in parts]
        self._experts = [part.expert_bytes for part in parts]
        self._cache = _shares(info, need)
        named = sum(self._common) + sum(self._experts)
        self._kept_bytes = need.kv_bytes + need.state_bytes
        left_over = max(0.0, need.weights_bytes - named)
        is_tied = left_over < TIED * shape.output.weight_bytes
        # The input embeddings stay in main memory; a GPU that needs them as output has a copy.
        self._looked_up = shape.output.weight_bytes if is_tied else left_over

    def splits(self) -> Iterator[Split]:
        """Yield the divisions whose parts fit into the GPUs, the best kept first."""
        if self._shares_memory:
            yield Split(kind="gpu", gpu_layers=len(self._common))
            return
        if self._limits.gpus:
            yield from self._with_gpus()
        yield Split(kind="processor")

    def shares(self, split: Split) -> tuple[DeviceShare, ...]:
        """Return what each device holds, GPUs first."""
        gpus = [
            DeviceShare(
                budget=budget,
                weights_bytes=round(self._gpu_weights(split, segment)),
                kv_bytes=0 if split.cpu_cache else round(sum(self._cache[slice(*segment)])),
                other_bytes=self._need.compute_bytes,
            )
            for budget, segment in zip(self._limits.gpus, split.segments, strict=False)
            if segment[0] < segment[1]
        ]
        return (*gpus, self._host_share(split, gpus))

    def _host_share(self, split: Split, gpus: Sequence[DeviceShare]) -> DeviceShare:
        need = self._need
        weights = need.weights_bytes - sum(share.weights_bytes for share in gpus)
        if gpus:
            weights = max(weights, round(self._looked_up))
        kv = self._kept_bytes - sum(share.kv_bytes for share in gpus)
        other = need.total_bytes - need.weights_bytes - self._kept_bytes
        if split.kind == "gpu" and gpus:
            other -= need.compute_bytes
        return DeviceShare(
            budget=self._limits.host, weights_bytes=weights, kv_bytes=kv, other_bytes=other
        )

    def _with_gpus(self) -> Iterator[Split]:
        num_parts = len(self._common)
        weights = [a + b for a, b in zip(self._common, self._experts, strict=True)]
        whole = [a + b for a, b in zip(weights, self._cache, strict=True)]
        first, segments = self._fill(whole)
        if first == 0:
            yield Split(kind="gpu", gpu_layers=num_parts, segments=segments)
            return
        if any(self._experts):
            yield from self._with_experts(whole)
        if self._fill(weights)[0] == 0:
            segments_of_weights = self._fill(weights)[1]
            yield Split(
                kind="cache", gpu_layers=num_parts, cpu_cache=True, segments=segments_of_weights
            )
        if first < num_parts:
            yield Split(kind="layers", gpu_layers=num_parts - first, segments=segments)

    def _with_experts(self, whole: Sequence[float]) -> Iterator[Split]:
        """Yield the division with the fewest layers whose experts stay behind, if there is one."""

        def costs(num_left: int) -> list[float]:
            left = [*self._experts[:num_left], *[0.0] * (len(whole) - num_left)]
            return [cost - expert for cost, expert in zip(whole, left, strict=True)]

        num_layers = len(whole) - 1
        fewest = bisect.bisect_left(
            range(num_layers + 1), True, key=lambda number: self._fill(costs(number))[0] == 0
        )
        if fewest <= num_layers:
            yield Split(
                kind="experts",
                gpu_layers=len(whole),
                cpu_experts=fewest,
                segments=self._fill(costs(fewest))[1],
            )

    def _fill(self, costs: Sequence[float]) -> tuple[int, tuple[Segment, ...]]:
        """Give the last parts to the GPUs; return the first part that has a place, and all."""
        segments: list[Segment] = []
        end = len(costs)
        for budget in reversed(self._limits.gpus):
            room = UNLIMITED if budget.free_bytes is None else budget.free_bytes
            room -= self._need.compute_bytes
            start = end
            while start > 0 and costs[start - 1] <= room:
                start -= 1
                room -= costs[start]
            segments.append((start, end))
            end = start
        return end, tuple(reversed(segments))

    def _gpu_weights(self, split: Split, segment: Segment) -> float:
        start, end = segment
        experts = self._experts[max(start, split.cpu_experts) : end]
        return sum(self._common[start:end]) + sum(experts)


def _shares(info: ModelInfo, need: MemoryNeed) -> list[float]:
    """Divide the bytes of keys, values and states among the layers; the output keeps none."""
    rows = [layer.key_width + layer.value_width for layer in info.layers]
    states = [layer.state_bytes for layer in info.layers]
    of_row = need.kv_bytes / (sum(rows) or 1)
    of_state = need.state_bytes / (sum(states) or 1)
    kept = [row * of_row + state * of_state for row, state in zip(rows, states, strict=True)]
    return [*kept, 0.0]
