"""Speeds of the engine's own kernels, where a profile has measured them, in place of a guess.

A table answers how long an operation takes: multiplying by weights of a type for so many tokens at
once (linear between the numbers that were measured), looking back at keys and values, the work
between. What was measured for one size of matrix or head stands for others by proportion.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hearth.machine.profile import (
    KernelSpeed,
    MachineProfile,
    Measured,
    OperationSpeed,
)
from hearth.plan.arithmetic import Range
from hearth.plan.attention import FLASH, FULL, Look, Looks, look_time, looks_of
from hearth.plan.curves import Curve, curve_of, seconds
from hearth.plan.devices import Device
from hearth.plan.memory.orders import Orders, order_of, processor_orders
from hearth.plan.operations import Matrix

MIN_SHARE = 0.5  # of the bytes: kernels that cover less of a model say little about it
MANY = (FLASH, FULL, "roll", "scan")  # operations that were timed in several ways


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KernelTable:
    """What is known of a processor's kernels.

    Args:
        curves: By type and layout of the weights.
        orders: The processor's own, which the engine copies matrices into that fit; none where the
            system does not tell what the processor can do.
        looks: Looks back.
        element: Seconds per byte between multiplications; `node` seconds of each operation.
        rolls: Mixing a few tokens in each channel, by tokens at once.
        scans: Carrying a recurrent state, by tokens at once.
        num_threads: Threads that computed.
        peak_flops: Most operations per second that any of them reached.
        source: When and with what it was measured.
    """

    curves: Mapping[tuple[str, str], Curve]
    orders: Orders
    looks: Looks
    element: Range
    node: Range
    rolls: tuple[OperationSpeed, ...]
    scans: tuple[OperationSpeed, ...]
    num_threads: int
    peak_flops: float
    source: str

    @property
    def has_full_attention(self) -> bool:
        """Whether attention with its full matrix was measured as well."""
        return any(name == FULL for name, _kv_type in self.looks)

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
        one_bytes = matrix.size_bytes / max(1, matrix.experts)
        timed = curve.expert_s if matrix.experts else curve.matrix_s
        time = timed(one_bytes, matrix.columns, tokens, working_set)
        return time.plus(curve.rows_s(matrix.columns, matrix.rows)) if tokens == 1 else time

    def attention_s(self, flops: float, look: Look) -> Range | None:
        """Return the time of so many operations of looking back; None where it was not measured."""
        time = look_time(self.looks, look)
        return time.times(flops) if time else None

    def scan_s(self, num_bytes: float, *, head: int, many: bool) -> Range | None:
        """Return the time to carry a state over a token; None where it was not measured.

        Args:
            num_bytes: Of the state.
            head: Channels that share a decay; 1 for a decay of each number.
            many: Whether many tokens of one sequence pass it at once.
        """
        alike = [row for row in self.scans if (row.head_size == 1) == (head == 1)]
        return _timed(alike, num_bytes, many=many)

    def roll_s(self, num_bytes: float, *, many: bool) -> Range | None:
        """Return the time to mix a token with a few before it; None where it was not measured.

        Args:
            num_bytes: Of one token's channels.
            many: Whether many tokens of one sequence come at once.
        """
        return _timed(self.rolls, num_bytes, many=many)

    def _curve(self, matrix: Matrix) -> Curve | None:
        is_expert = bool(matrix.experts)
        order = order_of(self.orders, matrix.type, matrix.rows, is_expert=is_expert)
        layouts = ("repacked", "plain") if order or not self.orders else ("plain",)
        found = (self.curves.get((matrix.type, layout)) for layout in layouts)
        return next((curve for curve in found if curve is not None), None)


def _timed(rows: Sequence[OperationSpeed], num_bytes: float, *, many: bool) -> Range | None:
    chosen = [row for row in rows if (row.batch_size > 1) == many] or rows
    return seconds(chosen[0].speed).times(num_bytes) if chosen else None


def table_of(profile: MachineProfile) -> KernelTable | None:
    """Return the table of a profile's processor; None where its kernels were not measured."""
    return _table(_Same(profile))


class _Same:
    """A profile that is equal to itself alone: comparing what is in it takes longer than a table.

    Args:
        profile: What it stands for; it stays as long as this, and so does its identity.
    """

    def __init__(self, profile: MachineProfile) -> None:
        self.profile = profile

    def __hash__(self) -> int:
        return id(self.profile)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.profile is other.profile


@functools.lru_cache(maxsize=4)
def _table(same: _Same) -> KernelTable | None:
    engine, kernels = same.profile.engine, same.profile.kernels
    if engine is None or not kernels:
        return None
    singles = {row.name: row.speed for row in engine.operations if row.name not in MANY}
    if "elements" not in singles or "node" not in singles:
        return None
    grouped: defaultdict[tuple[str, str], list[KernelSpeed]] = defaultdict(list)
    for row in kernels:
        if row.device == "cpu" and row.bandwidth and row.working_set_bytes:
            grouped[row.weight_type, row.layout].append(row)
    node = singles["node"]
    orders = processor_orders(frozenset(same.profile.cpu.flags))
    return KernelTable(
        curves={key: curve_of(rows, orders) for key, rows in grouped.items()},
        orders=orders,
        looks=looks_of(engine.operations),
        element=seconds(singles["elements"]),
        rolls=tuple(row for row in engine.operations if row.name == "roll"),
        scans=tuple(row for row in engine.operations if row.name == "scan"),
        node=Range(low=node.low, likely=node.value, high=node.high),
        num_threads=engine.num_threads,
        peak_flops=max((row.flops.value for row in kernels if row.flops), default=0.0),
        source=f"the engine's kernels, measured {engine.date[:10]} on {engine.num_threads} threads",
    )


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
