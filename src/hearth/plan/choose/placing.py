"""Turn a division of memory into who computes what, which is what speeds follow from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hearth.plan.choose.split import Split
from hearth.plan.devices import Computer, Device
from hearth.plan.placement import Placement
from hearth.plan.shape import NO_CACHE, NOTHING_BETWEEN, LayerShape, ModelShape


def placements(split: Split, shape: ModelShape, computer: Computer) -> tuple[Placement, ...] | None:
    """Return which device computes what; None where a device that is needed is not known.

    Args:
        split: The division; its segments are in the order of the GPUs that have memory of their
            own.
        shape: The model.
        computer: The machine's devices.
    """
    shared = [device for device in computer.devices if device.shares_memory]
    gpus = [device for device in computer.devices if device.kind == "gpu" and device not in shared]
    hosts = [device for device in computer.devices if device.kind == "cpu"] + shared
    parts = shape.parts
    if not split.segments:
        return (Placement(device=hosts[0], parts=parts),) if hosts else None
    behind = _left_behind(split, parts)
    if behind and not hosts:
        return None
    taken = [_on_gpu(index, part, split) for index, part in enumerate(parts)]
    turns = 0 if split.kind == "layers" else len(behind)
    on_gpus = _on_gpus(split, taken, gpus, turns)
    if not behind:
        return on_gpus
    return (Placement(device=hosts[0], parts=tuple(behind), visits=max(1, turns)), *on_gpus)


def _on_gpus(
    split: Split, parts: Sequence[LayerShape], gpus: Sequence[Device], turns: int
) -> tuple[Placement, ...]:
    found = [
        Placement(device=gpu, parts=tuple(parts[start:end]))
        for gpu, (start, end) in zip(gpus, split.segments, strict=False)
        if start < end
    ]
    # Each turn of the host is followed by one of a GPU.
    return (replace(found[0], visits=1 + turns), *found[1:]) if found else ()


def _left_behind(split: Split, parts: Sequence[LayerShape]) -> list[LayerShape]:
    """Return what the processor computes."""
    match split.kind:
        case "experts":
            return [
                replace(
                    part,
                    weights=0.0,
                    weight_bytes=0.0,
                    matrices=tuple(matrix for matrix in part.matrices if matrix.experts),
                    cache=NO_CACHE,
                    attention_flops=0.0,
                )
                for part in parts[: split.cpu_experts]
            ]
        case "cache":
            return [
                replace(
                    part,
                    weights=0.0,
                    weight_bytes=0.0,
                    expert_weights=0.0,
                    expert_bytes=0.0,
                    matrices=(),
                    between=NOTHING_BETWEEN,
                )
                for part in parts[:-1]
            ]
        case _:
            return list(parts[: len(parts) - split.gpu_layers])


def _on_gpu(index: int, part: LayerShape, split: Split) -> LayerShape:
    if split.cpu_cache and part.cache is not NO_CACHE:
        return replace(part, cache=NO_CACHE, attention_flops=0.0)
    if index < split.cpu_experts:
        return replace(part, expert_weights=0.0, expert_bytes=0.0)
    return part
