"""Speeds of the engine's own kernels, where a profile has measured them, in place of a guess.

A table answers how long an operation takes: multiplying by weights of a type for so many tokens at
once (linear between the numbers that were measured), looking back at keys and values, the work
between. What was measured for one size of matrix or head stands for others by proportion.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hearth.machine.profile import (
    EngineSpeeds,
    KernelSpeed,
    MachineProfile,
    Measured,
    OperationSpeed,
)
from hearth.plan.arithmetic import Range
from hearth.plan.attention import Look, look_time
from hearth.plan.devices import Device
from hearth.plan.operations import Matrix

MIN_SHARE = 0.5  # of the bytes: kernels that cover less of a model say little about it
MANY = ("attention", "scan")  # operations that were timed in several ways
# Source: ggml_gemm and ggml_gemv in forward_mul_mat of ggml's repack.cpp.
GROUP_TOKENS = 4
REPACKED_ROWS = 8  # rows of a matrix come in such groups, or it stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Seconds per byte of weights of one type, in one layout, by tokens at once.

    Args:
        points: In order of tokens; weights from memory.
        near: Of one token, weights from the caches; None where it was not measured.
        near_bytes: Working sets up to this lie in the caches; from `far_bytes` on in memory.
        is_grouped: Tokens are computed in groups of four, and those left over one by one.
    """

    points: tuple[tuple[int, Range], ...]
    near: Range | None
    near_bytes: float
    far_bytes: float
    is_grouped: bool = False

    def seconds_per_byte(self, tokens: float, working_set: float) -> Range:
        """Return the time for each byte of weights.

        Args:
            tokens: At once; no whole number where it is a mean.
            working_set: Bytes of weights that a pass reads.
        """
        found = self._far(tokens)
        if self.near is None or working_set >= self.far_bytes or tokens > 1:
            return found
        near, far = math.log(self.near_bytes), math.log(self.far_bytes)
        part = (math.log(max(working_set, self.near_bytes)) - near) / (far - near)
        return self.near.times(1 - part).plus(found.times(part))

    def one_by_one(self, tokens: float, working_set: float) -> Range:
        """Return the time for each byte of weights that every token is multiplied by in turn.

        So it is with experts: the first token brings an expert's weights near, the others find
        them there. Source: forward_mul_mat_id of ggml's repack.cpp, ggml_compute_forward_mul_mat_id
        of ggml-cpu.c.

        Args:
            tokens: That use the expert; no whole number where it is a mean.
            working_set: Bytes of weights that a pass reads.
        """
        first = self.seconds_per_byte(min(1.0, tokens), working_set)
        return first.plus((self.near or first).times(max(0.0, tokens - 1)))

    def _far(self, tokens: float) -> Range:
        """Return the time with weights from memory: a staircase where tokens go in groups."""
        if not self.is_grouped or tokens <= 2:
            return _at(self.points, tokens)
        single, pair = _at(self.points, 1), _at(self.points, 2)
        another = pair.times(max(0.0, 1 - single.likely / pair.likely))
        if tokens < GROUP_TOKENS:
            return pair.plus(another.times(tokens - 2))
        left_over = tokens % GROUP_TOKENS if tokens == int(tokens) else (GROUP_TOKENS - 1) / 2
        whole = max(GROUP_TOKENS, tokens - left_over)
        return _at(self.points, whole).plus(another.times(left_over))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KernelTable:
    """What is known of a processor's kernels.

    Args:
        curves: By type and layout of the weights.
        attention: Looks back.
        element: Seconds per byte between multiplications; `node` seconds of each operation.
        scans: Carrying a recurrent state, by tokens at once.
        peak_flops: Most operations per second that any of them reached.
        source: When and with what it was measured.
    """

    curves: Mapping[tuple[str, str], Curve]
    attention: tuple[OperationSpeed, ...]
    element: Range
    node: Range
    scans: tuple[OperationSpeed, ...]
    peak_flops: float
    source: str

    def covers(self, matrices: Iterable[Matrix]) -> bool:
        """Say whether all types of some weights were measured."""
        return all(self._curve(matrix) is not None for matrix in matrices)

    def matrix_s(self, matrix: Matrix, tokens: float, working_set: float) -> Range:
        """Return the time to multiply some tokens by one matrix, or by one of its experts.

        Args:
            matrix: One that is covered.
            tokens: At once.
            working_set: Bytes of all weights that a pass reads.
        """
        curve = self._curve(matrix)
        if curve is None:
            raise KeyError(matrix.type)
        if matrix.experts:
            one = curve.one_by_one(tokens, working_set)
            return one.times(matrix.size_bytes / matrix.experts)
        return curve.seconds_per_byte(tokens, working_set).times(matrix.size_bytes)

    def attention_s(self, flops: float, look: Look) -> Range | None:
        """Return the time of so many operations of looking back; None where it was not measured."""
        time = look_time(self.attention, look)
        return time.times(flops) if time else None

    def scan_s(self, num_bytes: float, *, head: int, many: bool) -> Range | None:
        """Return the time to carry a state over a token; None where it was not measured.

        Args:
            num_bytes: Of the state.
            head: Channels that share a decay; 1 for a decay of each number.
            many: Whether many tokens of one sequence pass it at once.
        """
        alike = [row for row in self.scans if (row.head_size == 1) == (head == 1)]
        rows = [row for row in alike if (row.batch_size > 1) == many] or alike
        return _seconds(rows[0].speed).times(num_bytes) if rows else None

    def _curve(self, matrix: Matrix) -> Curve | None:
        repacked = self.curves.get((matrix.type, "repacked"))
        if repacked is not None and matrix.rows % REPACKED_ROWS == 0:
            return repacked
        return self.curves.get((matrix.type, "plain"))


def table_of(profile: MachineProfile) -> KernelTable | None:
    """Return the table of a profile's processor; None where its kernels were not measured."""
    if profile.engine is None or not profile.kernels:
        return None
    return _table(profile.kernels, profile.engine)


@functools.lru_cache(maxsize=4)
def _table(kernels: tuple[KernelSpeed, ...], engine: EngineSpeeds) -> KernelTable | None:
    singles = {row.name: row.speed for row in engine.operations if row.name not in MANY}
    if "elements" not in singles or "node" not in singles:
        return None
    grouped: defaultdict[tuple[str, str], list[KernelSpeed]] = defaultdict(list)
    for row in kernels:
        if row.device == "cpu" and row.bandwidth and row.working_set_bytes:
            grouped[row.weight_type, row.layout].append(row)
    node = singles["node"]
    return KernelTable(
        curves={key: _make_curve(rows) for key, rows in grouped.items()},
        attention=tuple(row for row in engine.operations if row.name == "attention"),
        element=_seconds(singles["elements"]),
        scans=tuple(row for row in engine.operations if row.name == "scan"),
        node=Range(low=node.low, likely=node.value, high=node.high),
        peak_flops=max((row.flops.value for row in kernels if row.flops), default=0.0),
        source=f"the engine's kernels, measured {engine.date[:10]} on {engine.num_threads} threads",
    )


def _make_curve(rows: Sequence[KernelSpeed]) -> Curve:
    def size(row: KernelSpeed) -> int:
        return row.working_set_bytes or 0

    single = sorted((row for row in rows if row.batch_size == 1), key=size)
    far = {row.batch_size: row for row in sorted(rows, key=size)}  # the largest set stays
    points = [(tokens, _seconds(row.bandwidth)) for tokens, row in far.items() if row.bandwidth]
    near = single[0] if len(single) > 1 else None
    return Curve(
        points=tuple(sorted(points, key=lambda point: point[0])),
        near=_seconds(near.bandwidth) if near and near.bandwidth else None,
        near_bytes=size(near) if near else 0.0,
        far_bytes=size(single[-1]) if single else 0.0,
        is_grouped=rows[0].layout == "repacked",
    )


def _seconds(rate: Measured) -> Range:
    """Return the time for one unit of what a rate counts."""
    return Range(low=rate.low, likely=rate.value, high=rate.high).dividing(1.0)


def _at(points: Sequence[tuple[int, Range]], tokens: float) -> Range:
    """Return the time at a number of tokens: linear between points, in proportion past the last."""
    before = points[0]
    for point in points:
        if point[0] >= tokens:
            if point[0] == before[0] or tokens <= before[0]:
                return before[1] if tokens <= before[0] else point[1]
            part = (tokens - before[0]) / (point[0] - before[0])
            return before[1].times(1 - part).plus(point[1].times(part))
        before = point
    return before[1].times(tokens / before[0])


def with_kernels(
    device: Device, kernels: Iterable[KernelSpeed], bytes_by_type: Mapping[str, float]
) -> Device:
    """Return the device with the rates that its kernels were measured at, for one model.

    Args:
        device: A device; "cpu" of a kernel stands for any device of that kind.
        kernels: What was measured, by weight type and batch size.
        bytes_by_type: Bytes that the model reads for one token, by weight type.
    """
    own = [one for one in kernels if one.device == device.name or one.device == device.kind]
    # Weights from memory, in the layout that the engine gives them: the last of each type stays.
    own.sort(key=lambda one: (one.layout == "repacked", one.working_set_bytes or 0))
    read = _mixed({k.weight_type: k.bandwidth for k in own if k.batch_size == 1}, bytes_by_type)
    largest = max((one.batch_size for one in own if one.flops), default=0)
    batched = {k.weight_type: k.flops for k in own if k.batch_size == largest}
    compute = _mixed(batched, bytes_by_type)
    return replace(device, read=read or device.read, compute=compute or device.compute)


def _mixed(rates: Mapping[str, Measured | None], amounts: Mapping[str, float]) -> Range | None:
    """Return the rate over all types: amounts divided by the sum of their times."""
    known = {name: rate for name, rate in rates.items() if rate and rate.low > 0}
    covered = {name: amount for name, amount in amounts.items() if name in known}
    total = sum(covered.values())
    if not total or total < MIN_SHARE * sum(amounts.values()):
        return None

    def rate(pick: str) -> float:
        times = (amount / getattr(known[name], pick) for name, amount in covered.items())
        return float(total / sum(times))

    return Range(low=rate("low"), likely=rate("value"), high=rate("high"))
