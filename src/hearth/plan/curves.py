"""Time of multiplying by weights of one type, by how many tokens share one reading of them.

    time = bytes of weights * time of a byte + numbers that go in * time of a number + a start
           + rows * time to begin one, where rows are short

The engine converts the numbers that go in to a type that suits the weights, which for narrow
matrices is a good part of the work. And the first bytes of each matrix are waited for, until the
processor fetches ahead: with one token, some microseconds for each matrix that comes from memory.
All come from matrices of the same width that differ in their rows; only what it takes to begin a
row comes from a narrow one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.machine.profile import KernelSpeed, Measured
from hearth.models.gguf.tensors import tensor_types
from hearth.plan.arithmetic import Range
from hearth.plan.memory.orders import Orders, order_of

# Source: ggml_gemm and ggml_gemv in forward_mul_mat of ggml's repack.cpp.
GROUP_TOKENS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Times of multiplying by weights of one type, in one layout.

    Args:
        points: Seconds per byte of weights, by tokens and in their order; weights from memory.
        near: Of one token, weights from the caches; None where it was not measured.
        near_bytes: Working sets up to this lie in the caches; from `far_bytes` on in memory.
        given: Seconds for each number that goes in, for one token alone.
        given_many: The same where many tokens go in together.
        start: Seconds for each matrix that one token is multiplied by, weights from memory.
        row: Seconds to begin a row for one token; where rows are as long as `columns`, the time of
            their bytes has it.
        is_grouped: Tokens are computed in groups of four, and those left over one by one.
        expert: Of every token but the first that uses an expert; None where it was not measured.
    """

    points: tuple[tuple[int, Range], ...]
    near: Range | None
    near_bytes: float
    far_bytes: float
    given: float = 0.0
    given_many: float = 0.0
    start: float = 0.0
    row: float = 0.0
    columns: int = 1
    is_grouped: bool = False
    expert: Range | None = None

    def matrix_s(self, size_bytes: float, columns: int, tokens: float, working_set: float) -> Range:
        """Return the time to multiply some tokens by a matrix.

        Args:
            size_bytes: Of the matrix.
            columns: Numbers of a token that go in.
            tokens: At once; no whole number where it is a mean.
            working_set: Bytes of weights that a pass reads.
        """
        weights = self._per_byte(tokens, working_set).times(size_bytes)
        start = self._starting(tokens, working_set)
        return weights.plus(self._taking_in(columns, tokens)).plus(start)

    def rows_s(self, columns: int, rows: int) -> Range:
        """Return the time to begin the rows of a matrix for one token, beside that of its bytes.

        Args:
            columns: Of the matrix.
            rows: Of it.
        """
        return Range.exactly(self.row * rows * max(0.0, 1 - columns / self.columns))

    def expert_s(self, size_bytes: float, columns: int, tokens: float, working_set: float) -> Range:
        """Return the time to multiply some tokens by one expert, one after the other.

        The first brings the expert's weights near, and the others find them there. Source:
        forward_mul_mat_id of ggml's repack.cpp, ggml_compute_forward_mul_mat_id of ggml-cpu.c.
        Args are those of `matrix_s`.
        """
        first = self._per_byte(min(1.0, tokens), working_set)
        others = (self.expert or self.near or first).times(max(0.0, tokens - 1))
        taking_in = self._taking_in(columns, tokens).plus(self._starting(1, working_set))
        return first.plus(others).times(size_bytes).plus(taking_in)

    def _taking_in(self, columns: int, tokens: float) -> Range:
        each = self.given if tokens < 2 else self.given_many
        return Range.exactly(each * columns * tokens)

    def _starting(self, tokens: float, working_set: float) -> Range:
        return Range.exactly(self.start * self._part_far(working_set) if tokens < 2 else 0.0)

    def _per_byte(self, tokens: float, working_set: float) -> Range:
        found, part = self._far(tokens), self._part_far(working_set)
        if self.near is None or part == 1 or tokens > 1:
            return found
        return self.near.times(1 - part).plus(found.times(part))

    def _part_far(self, working_set: float) -> float:
        """Return how far a working set has left the caches: 0 within them, 1 in memory."""
        if self.near is None or working_set >= self.far_bytes:
            return 1.0
        near, far = math.log(self.near_bytes), math.log(self.far_bytes)
        return (math.log(max(working_set, self.near_bytes)) - near) / (far - near)

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


def curve_of(rows: Sequence[KernelSpeed], orders: Orders) -> Curve:
    """Return the curve of what was measured of one type, in one layout.

    Args:
        rows: What was measured.
        orders: The processor's own.
    """
    experts = [row for row in rows if row.is_expert]
    columns = max(row.columns or 1 for row in rows)
    narrow = [row for row in rows if (row.columns or 1) < columns]
    rows = [row for row in rows if not row.is_expert and row not in narrow]
    most = max(row.rows or 0 for row in rows)
    order = order_of(orders, rows[0].weight_type, most)
    few = sorted((row for row in rows if (row.rows or 0) < most), key=_working_set)
    low = {row.batch_size: row for row in reversed(few)}  # the smallest set stays
    tall = [row for row in rows if (row.rows or 0) == most]
    single = sorted((row for row in tall if row.batch_size == 1), key=_working_set)
    far = {row.batch_size: row for row in sorted(tall, key=_working_set)}  # the largest set stays
    near = single[0] if len(single) > 1 else None
    many = max(far)
    given = _alone(low.get(1), near) / columns
    given_many = _alone(low.get(many), far[many]) / (columns * many)
    low_far = [row for row in few if row.batch_size == 1][1:]
    start = max(0.0, _alone(low_far[-1], far.get(1)) - given * columns) if low_far else 0.0
    points = sorted(
        (
            (n, _net(row, given + start / columns if n < 2 else given_many))
            for n, row in far.items()
        ),
        key=_tokens,
    )
    quick = _net(near, given) if near else None
    return Curve(
        points=tuple(points),
        near=quick,
        near_bytes=_working_set(near) if near else 0.0,
        far_bytes=_working_set(single[-1]) if single else 0.0,
        given=given,
        given_many=given_many,
        start=start,
        row=_beginning(narrow[0], quick or points[0][1], given, columns) if narrow else 0.0,
        columns=columns,
        is_grouped=rows[0].layout == "repacked" and (order is None or order.groups),
        expert=_later_token(experts[0], given_many, points[0][1]) if experts else None,
    )


def _beginning(narrow: KernelSpeed, byte: Range, given: float, columns: int) -> float:
    """Return seconds to begin a row: what neither bytes nor numbers of a narrow matrix explain."""
    short = narrow.columns or columns
    time = seconds(narrow.bandwidth).likely - byte.likely
    taken = time * _matrix_bytes(narrow) - given * short
    return max(0.0, taken) / ((narrow.rows or 1) * (1 - short / columns))


def _later_token(row: KernelSpeed, given: float, first: Range) -> Range:
    """Return the time of a byte of an expert for each token but the first."""
    others = _net(row, given).likely - first.likely
    return Range.exactly(max(0.0, others) / (row.batch_size - 1))


def _alone(low: KernelSpeed | None, tall: KernelSpeed | None) -> float:
    """Return seconds of a multiplication that its bytes do not explain; 0 where not measured.

    Args:
        low: A matrix of few rows, for which they count.
        tall: One of as many columns and more rows.
    """
    if low is None or tall is None or low.bandwidth is None or tall.bandwidth is None:
        return 0.0
    few, more = _matrix_bytes(low), _matrix_bytes(tall)
    few_s, more_s = few / low.bandwidth.value, more / tall.bandwidth.value
    return max(0.0, few_s - few * (more_s - few_s) / (more - few))


def _net(row: KernelSpeed, given: float) -> Range:
    """Return the time of a byte of weights without what goes in."""
    time = seconds(row.bandwidth)
    if not given:
        return time
    going_in = given * (row.columns or 0) * row.batch_size / _matrix_bytes(row)
    return time.times(max(0.0, 1 - going_in / time.likely))


def _matrix_bytes(row: KernelSpeed) -> float:
    kinds = {kind.name: kind for kind in tensor_types().values()}
    return kinds[row.weight_type].row_bytes(row.columns or 0) * (row.rows or 0)


def _tokens(point: tuple[int, Range]) -> int:
    return point[0]


def _working_set(row: KernelSpeed) -> int:
    return row.working_set_bytes or 0


def seconds(rate: Measured | None) -> Range:
    """Return the time for one unit of what a rate counts; nothing where there is no rate."""
    if rate is None:
        return Range.exactly(0.0)
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
