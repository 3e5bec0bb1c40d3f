"""How long one pass through a model takes on a processor whose kernels were measured.

    pass   = sum over matrices of their time at so many tokens
             + looking back at keys and values, by their type, head size and depth
             + work between: bytes passed on, each operation's own time, and a recurrent state that
               every token passes
    prompt = passes of at most a micro batch, each deeper than the one before

With experts, tokens spread over those that they are expected to touch, and each is a matrix for
its share of the tokens. A windowed layer looks back over its window and passes over the rest. A
last layer's feed-forward part and the output are computed only for tokens whose scores are wanted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.plan.arithmetic import Range
from hearth.plan.kernels import KernelTable
from hearth.plan.look_back import Pass, look_back_time
from hearth.plan.operations import Matrix
from hearth.plan.shape import LayerShape, ModelShape, expected_experts

NOTHING = Range.exactly(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTime:
    """Seconds of a pass by what takes them."""

    weights: Range = NOTHING
    attention: Range = NOTHING
    between: Range = NOTHING

    @property
    def total(self) -> Range:
        """All of it."""
        return self.weights.plus(self.attention).plus(self.between)

    def plus(self, other: PassTime) -> PassTime:
        """Return the time of both, one after the other."""
        return PassTime(
            weights=self.weights.plus(other.weights),
            attention=self.attention.plus(other.attention),
            between=self.between.plus(other.between),
        )

    def times(self, factor: float) -> PassTime:
        """Return the time of a multiple."""
        return PassTime(
            weights=self.weights.times(factor),
            attention=self.attention.times(factor),
            between=self.between.times(factor),
        )


def can_time(shape: ModelShape, parts: Sequence[LayerShape], table: KernelTable) -> bool:
    """Say whether the kernels that some parts need were measured."""
    if not shape.output.matrices:
        return False  # only the sum of its weights is known
    return all(table.covers(part.matrices) for part in set(parts))


def pass_time(
    shape: ModelShape, parts: Sequence[LayerShape], table: KernelTable, passing: Pass
) -> PassTime:
    """Return the time of one pass through some parts of a model.

    Args:
        shape: The model.
        parts: Its layers, and its output, that this processor computes.
        table: Of the processor; it covers the parts.
        passing: What goes through.
    """
    touched = _experts(shape, passing.tokens)
    read = sum(part.weight_bytes + touched.share * part.expert_bytes for part in parts)
    total = PassTime()
    for part, count in Counter(part for part in parts if part is not shape.output).items():
        after = passing.outputs if part.is_last else passing.tokens
        time = _part_time(shape, part, table, passing, read, num_after=after)
        total = total.plus(time.times(count))
    if any(part is shape.output for part in parts) and passing.outputs:
        output = _weights(shape, shape.output.matrices, table, passing.outputs, read)
        total = total.plus(PassTime(weights=output))
    return total


def prompt_time(
    shape: ModelShape,
    parts: Sequence[LayerShape],
    table: KernelTable,
    *,
    tokens: int,
    depth: int,
    kv_type: str,
    micro_batch: int,
    flash: bool = True,
) -> PassTime:
    """Return the time to read a prompt, a micro batch at a time."""
    total, done = PassTime(), 0
    while done < tokens:
        chunk = min(micro_batch, tokens - done)
        passing = Pass(
            tokens=chunk,
            sequences=1,
            outputs=int(done + chunk == tokens),
            depth=depth + done,
            kv_type=kv_type,
            flash=flash,
        )
        total = total.plus(pass_time(shape, parts, table, passing))
        done += chunk
    return total


@dataclass(frozen=True, slots=True)
class _Experts:
    """How tokens spread over experts: how many are touched, and the tokens that each one gets."""

    touched: float
    tokens_each: float
    share: float


def _experts(shape: ModelShape, tokens: int) -> _Experts:
    touched = expected_experts(shape.num_experts, shape.num_experts_used, tokens)
    if not touched:
        return _Experts(0.0, 0.0, 0.0)
    each = tokens * shape.num_experts_used / touched
    return _Experts(touched, each, touched / shape.num_experts)


def _part_time(
    shape: ModelShape,
    part: LayerShape,
    table: KernelTable,
    passing: Pass,
    read: float,
    *,
    num_after: int,
) -> PassTime:
    """Return the time of one layer; `num_after` tokens go on past its attention."""
    first = [matrix for matrix in part.matrices if not matrix.after_attention]
    then = [matrix for matrix in part.matrices if matrix.after_attention]
    weights = _weights(shape, first, table, passing.tokens, read)
    if num_after:
        weights = weights.plus(_weights(shape, then, table, num_after, read))
    between = table.element.times(part.between.num_bytes * passing.tokens)
    between = between.plus(table.node.times(part.between.num_operations))
    between = between.plus(_state(part, table, passing))
    return PassTime(
        weights=weights, attention=look_back_time(shape, part, table, passing), between=between
    )


def _state(part: LayerShape, table: KernelTable, passing: Pass) -> Range:
    """Return the time to carry one layer's recurrent state."""
    time = table.element.times(part.between.pass_bytes * passing.sequences)
    what, many = part.between, passing.per_sequence > 1
    if what.roll_bytes:
        roll = table.roll_s(what.roll_bytes, many=many)
        time = time.plus((roll or NOTHING).times(passing.tokens))
    if what.scan_bytes:
        scan = table.scan_s(what.scan_bytes, head=what.scan_head, many=many)
        time = time.plus((scan or NOTHING).times(passing.tokens))
    return time


def _weights(
    shape: ModelShape, matrices: Sequence[Matrix], table: KernelTable, tokens: int, read: float
) -> Range:
    experts = _experts(shape, tokens)
    total = NOTHING
    for matrix in matrices:
        if matrix.experts:
            one = table.matrix_s(matrix, experts.tokens_each, read)
            total = total.plus(one.times(experts.touched))
        else:
            total = total.plus(table.matrix_s(matrix, tokens, read))
    return total
