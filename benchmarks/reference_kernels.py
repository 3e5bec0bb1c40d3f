"""Kernels that are timed beside a model, and the table that their times make.

A shared machine gains and loses half of its speed within minutes, and not of all kernels alike. So
what a model needs of a profile is timed again in turn with the model, in the same process: a
prediction is then made from the machine as it was meanwhile.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from hearth.engine.probe.messages import Case, Timing
from hearth.machine.profile import MachineProfile
from hearth.measure.kernels.cases import (
    CELLS,
    KV_TYPES,
    MANY_TOKENS,
    MOST_FAR_BYTES,
    attention_cases,
    matrix_cases,
    other_cases,
)
from hearth.measure.kernels.speeds import kernel_speeds, operation_speeds
from hearth.plan.attention import FLASH, FULL
from hearth.plan.kernels import KernelTable, table_of
from hearth.plan.shape import ModelShape


def references_for(shape: ModelShape, kv_type: str, depth: int, *, flash: bool) -> list[Case]:
    """Return the cases of a profile that a prediction rests on.

    Args:
        shape: The model.
        kv_type: Type of its keys and values.
        depth: Tokens that it looks back at.
        flash: Whether without a full matrix.
    """
    matrices = {matrix for part in shape.parts for matrix in part.matrices}
    has_experts = any(matrix.experts for matrix in matrices)
    rows = [
        case
        for case in matrix_cases(sorted({matrix.type for matrix in matrices}), MOST_FAR_BYTES)
        if case.tokens in (1, MANY_TOKENS[-1])
        or (case.tokens == 32 and case.is_expert == has_experts)
    ]
    has_scan = any(part.between.scan_bytes for part in shape.parts)
    has_roll = any(part.between.roll_bytes for part in shape.parts)
    needed = {"elements": True, "roll": has_roll, "scan": has_scan}
    others = [case for case in other_cases() if needed[case.kind]]
    return [*others, *rows, *_looks(shape, kv_type, depth, FLASH if flash else FULL)]


def _looks(shape: ModelShape, kv_type: str, depth: int, kind: str) -> Iterator[Case]:
    """Yield those of the nearest size of heads, and the nearest that was timed deep down.

    They have about as many heads of keys.
    """
    parts = [part for part in shape.layers if part.cache.key_width]
    if not parts:
        return
    cases = [
        case for case in attention_cases() if case.type == KV_TYPES[kv_type] and case.kind == kind
    ]
    sizes = {case.head_size for case in cases}
    deep = {case.head_size for case in cases if case.cells > CELLS}
    wanted = {_nearest(some, part.head_size) for part in parts for some in (sizes, deep)}
    heads = parts[0].cache.key_width / parts[0].head_size
    for case in cases:
        is_near = case.tokens > 1 or case.cells > CELLS or 1 / 4 <= case.kv_heads / heads <= 4
        if (
            case.head_size in wanted
            and is_near
            and (depth >= case.cells / 8 or case.cells <= CELLS)
        ):
            yield case


def _nearest(sizes: Iterable[int], wanted: int) -> int:
    return min(sizes, key=lambda size: abs(math.log(size / wanted)))


def table_now(
    profile: MachineProfile,
    cases: Sequence[Case],
    timings: Sequence[Timing | None],
    seconds: Sequence[float | None],
) -> KernelTable:
    """Return the table of the machine as it was while a model was timed.

    Args:
        profile: Of this machine.
        cases: The references.
        timings: How they were timed.
        seconds: What each of them took.
    """
    pairs = [
        (case, msgspec.structs.replace(timing, seconds=[taken], shares=[1.0]))
        for case, timing, taken in zip(cases, timings, seconds, strict=True)
        if timing and taken
    ]
    assert profile.engine is not None
    engine = dataclasses.replace(profile.engine, operations=operation_speeds(pairs))
    kernels = kernel_speeds(pairs, engine.num_threads)
    table = table_of(dataclasses.replace(profile, kernels=kernels, engine=engine))
    assert table is not None
    return table
