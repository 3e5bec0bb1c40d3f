"""From timings to speeds, each with its range and with how it was measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from hearth.engine.probe.messages import Case, Timing
from hearth.machine.profile import KernelSpeed, Measured, OperationSpeed, Unit
from hearth.measure.kernels.cases import KV_TYPES
from hearth.models.gguf.tensors import tensor_types

OPERATIONS = 2  # a multiplication and an addition
LEAST_SHARE = 0.9  # of the processor time, for a repeat to count as undisturbed
MIN_REPEATS = 3
BUSY = "; the machine was too busy to be measured well"

Pair = tuple[Case, Timing]


def kernel_speeds(pairs: Iterable[Pair], threads: int) -> tuple[KernelSpeed, ...]:
    """Return the speeds of multiplications among the timings."""
    return tuple(_matrix(case, timing, threads) for case, timing in pairs if case.kind == "matrix")


def operation_speeds(pairs: Iterable[Pair]) -> tuple[OperationSpeed, ...]:
    """Return the speeds of everything else among the timings."""
    return tuple(_operation(case, timing) for case, timing in pairs if case.kind != "matrix")


def undisturbed(timing: Timing) -> list[float]:
    """Return the repeats in which the threads had the processors; all where there are too few."""
    good = [
        seconds
        for seconds, share in zip(timing.seconds, timing.shares, strict=True)
        if share >= LEAST_SHARE
    ]
    return good if len(good) >= MIN_REPEATS else []


def _matrix(case: Case, timing: Timing, threads: int) -> KernelSpeed:
    flops = OPERATIONS * case.columns * case.rows * case.tokens * timing.count
    return KernelSpeed(
        weight_type=tensor_types()[case.type].name,
        batch_size=case.tokens,
        device="cpu",
        num_threads=threads,
        flops=_rate(flops, timing, "FLOP/s"),
        bandwidth=_rate(timing.work_bytes, timing, "B/s"),
        layout="repacked" if case.layout == "repacked" else "plain",
        working_set_bytes=timing.work_bytes // case.repeats,
        columns=case.columns,
        rows=case.rows,
        is_expert=case.is_expert,
    )


def _attention(case: Case, timing: Timing) -> OperationSpeed:
    pairs = case.tokens * case.heads * case.cells * timing.count
    names = {number: name for name, number in KV_TYPES.items()}
    return OperationSpeed(
        name="full attention" if case.kind == "full attention" else "attention",
        batch_size=case.tokens,
        speed=_rate(OPERATIONS * 2 * case.head_size * pairs, timing, "FLOP/s"),
        kv_type=names[case.type],
        head_size=case.head_size,
        heads_per_kv=case.heads // case.kv_heads,
        kv_heads=case.kv_heads,
        cells=case.cells,
    )


def _operation(case: Case, timing: Timing) -> OperationSpeed:
    if case.kind in ("attention", "full attention"):
        return _attention(case, timing)
    if case.kind == "elements":
        return _elements(case, timing)
    speed = _rate(timing.work_bytes, timing, "B/s")
    if case.kind == "roll":
        return OperationSpeed(name="roll", batch_size=case.tokens, speed=speed)
    return OperationSpeed(
        name="scan", batch_size=case.tokens, speed=speed, head_size=case.head_size
    )


def _elements(case: Case, timing: Timing) -> OperationSpeed:
    if case.tokens == 1:
        speed = _measured([seconds / timing.count for seconds in _kept(timing)], "s", timing)
        return OperationSpeed(name="node", batch_size=1, speed=speed)
    speed = _rate(timing.work_bytes, timing, "B/s")
    return OperationSpeed(name="elements", batch_size=case.tokens, speed=speed)


def _rate(work: float, timing: Timing, unit: Unit) -> Measured:
    return _measured([work / seconds for seconds in _kept(timing)], unit, timing)


def _kept(timing: Timing) -> list[float]:
    """Return the repeats to reckon with: on a busy machine the quickest third."""
    good = undisturbed(timing)
    return good or sorted(timing.seconds)[: max(1, len(timing.seconds) // 3)]


def _measured(values: Sequence[float], unit: Unit, timing: Timing) -> Measured:
    busy = "" if undisturbed(timing) else BUSY
    return Measured(
        value=statistics.median(values),
        low=min(values),
        high=max(values),
        unit=unit,
        how="measured",
        source=f"the engine's own kernels; median of {len(values)} of {len(timing.seconds)}{busy}",
    )
