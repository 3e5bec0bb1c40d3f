"""Reference kernels: what the machine's drift is seen by, between calibration and a pass."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence

from hearth.engine.probe.messages import Case
from hearth.measure.kernels.cases import (
    COLUMNS,
    KV_TYPES,
    LEAST_FAR_BYTES,
    ROWS,
    attention_cases,
    type_numbers,
)
from hearth.models.gguf.tensors import tensor_types
from hearth.plan.kernels import KernelTable
from hearth.plan.shape import ModelShape

MANY_TOKENS = 512  # as in a micro batch


def references_for(
    table: KernelTable, shape: ModelShape, kv_type: str
) -> tuple[list[Case], list[float]]:
    """Return kernels of the model's main types, and what calibration found for each."""
    usable = {name: size for name, size in shape.bytes_by_type.items() if name != "F32"}
    name = max(usable, key=lambda kind: usable[kind])
    layout = "repacked" if (name, "repacked") in table.curves else "plain"
    points = dict(table.curves[name, layout].points)
    number = type_numbers()[name]
    size = tensor_types()[number].row_bytes(COLUMNS) * ROWS
    far = -(-LEAST_FAR_BYTES // size) * size
    cases, expected = [], []
    for tokens, amount in ((1, far), (MANY_TOKENS, size)):
        cases.append(
            Case(
                kind="matrix",
                tokens=tokens,
                type=number,
                layout=layout,
                columns=COLUMNS,
                rows=ROWS,
                bytes=amount,
            )
        )
        expected.append(points[tokens].likely * amount)
    for case in attention_cases():
        if case.type == KV_TYPES[kv_type] and (case.head_size, case.cells) == (128, 1024):
            cases.append(case)
            expected.append(_expected(table, case, kv_type))
    return cases, expected


Drift = dict[str, float]


def drifts_of(
    cases: Sequence[Case], expected: Sequence[float], found: Sequence[Sequence[float]]
) -> list[Drift]:
    """Return, for each round, what kernels took by what they took in calibration.

    Args:
        cases: The references.
        expected: Seconds of each in calibration.
        found: Seconds by reference, then by round.
    """
    return [_drift(cases, expected, seconds) for seconds in zip(*found, strict=True)]


def drifted(parts: Mapping[str, float], drift: Drift, tokens: str) -> float:
    """Return a predicted time in the machine's state of a round: each part by its reference."""
    kinds = {"weights": "matrix", "attention": "attention", "between": "matrix"}
    return sum(seconds * drift[f"{kinds[name]} {tokens}"] for name, seconds in parts.items())


def _drift(cases: Sequence[Case], expected: Sequence[float], found: Sequence[float]) -> Drift:
    by_kind: dict[str, list[float]] = defaultdict(list)
    for case, seconds, usual in zip(cases, found, expected, strict=True):
        tokens = "one" if case.tokens == 1 else "many"
        by_kind[f"{case.kind} {tokens}"].append(seconds / usual)
    return {name: statistics.fmean(each) for name, each in by_kind.items()}


def _expected(table: KernelTable, case: Case, kv_type: str) -> float:
    """Return what calibration found for a look back."""
    layer = 2 * tensor_types()[case.type].row_bytes(case.head_size * case.kv_heads) * case.cells
    layers = -(-case.bytes // layer)
    flops = 4 * case.head_size * case.heads * case.cells * case.tokens * layers
    time = table.attention_s(
        flops,
        kv_type=kv_type,
        head_size=case.head_size,
        group=case.heads / case.kv_heads,
        cells=case.cells,
        many=case.tokens > 1,
    )
    return time.likely if time else 0.0
