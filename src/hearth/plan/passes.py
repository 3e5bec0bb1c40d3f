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

import functools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.plan.arithmetic import Range
from hearth.plan.attention import Look
from hearth.plan.kernels import KernelTable
from hearth.plan.operations import Matrix
from hearth.plan.shape import LayerShape, ModelShape, attended, expected_experts

NOTHING = Range.exactly(0.0)
# In these types of keys and values, a single token's look back is split between the threads, and
# tokens of one sequence look back together from so many on; in others they do from a few on.
TILED_TYPES = ("f16", "f32")
TILED_TOKENS, MANY_TOKENS = 64, 8
TILE_CELLS = 64
CHUNKS = 4  # for each thread
SPLIT_CELLS = 512
KV_PAD = 256  # cells are looked at in such steps
# Looking at a token only to pass over it, as part of looking back at it: measured once.
PASSED_OVER = 0.03


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What goes through a model at once.

    Args:
        tokens: Of all sequences together.
        sequences: To which they belong; each has as many of them.
        outputs: Tokens whose scores are wanted.
        depth: Tokens that each sequence holds already.
        kv_type: Type of the keys and values.
    """

    tokens: int
    sequences: int
    outputs: int
    depth: int
    kv_type: str

    @property
    def per_sequence(self) -> float:
        """Tokens of each sequence."""
        return self.tokens / self.sequences


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
    last = shape.layers[-1] if shape.layers else None
    inner = Counter(part for part in parts if part is not last and part is not shape.output)
    total = PassTime()
    for part, count in inner.items():
        time = _part_time(shape, part, table, passing, read, num_after=passing.tokens)
        total = total.plus(time.times(count))
    if last is not None and any(part is last for part in parts):
        time = _part_time(shape, last, table, passing, read, num_after=passing.outputs)
        total = total.plus(time)
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
        weights=weights, attention=_attention(shape, part, table, passing), between=between
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


def _attention(shape: ModelShape, part: LayerShape, table: KernelTable, passing: Pass) -> Range:
    """Return the time to look back in one layer; nothing where it keeps no keys."""
    if not part.cache.key_width:
        return NOTHING
    is_tiled = passing.kv_type in TILED_TYPES
    many = passing.per_sequence >= (TILED_TOKENS if is_tiled else MANY_TOKENS)
    # Each token sees those before it and itself: half of its own batch on average.
    reach = passing.depth + (passing.per_sequence + 1) / 2
    cells = float(attended(shape, part, int(reach)))
    held = -(-passing.sequences * (passing.depth + int(passing.per_sequence)) // KV_PAD) * KV_PAD
    if passing.tokens == 1 and is_tiled and held >= SPLIT_CELLS:
        seen = _busiest_cells(passing.depth, int(cells), held, table.num_threads)
    else:
        if many and is_tiled and cells == reach:
            cells += TILE_CELLS / 2
        seen = cells + PASSED_OVER * max(0.0, held - cells)
        if many and is_tiled:
            heads = part.heads_per_kv * part.cache.key_width // max(1, part.head_size)
            seen *= _tiles_computed(passing.tokens, int(heads), table.num_threads)
    look = Look(
        kv_type=passing.kv_type,
        head_size=part.head_size,
        kv_heads=part.cache.key_width / max(1, part.head_size),
        group=part.heads_per_kv,
        cells=cells,
        many=many,
    )
    found = table.attention_s(part.attention_flops * seen * passing.tokens, look)
    return found if found is not None else NOTHING


@functools.lru_cache(maxsize=256)
def _tiles_computed(tokens: int, heads: int, threads: int) -> float:
    """Return how many tiles of queries are computed for each that would do.

    Rows of queries, head after head, are dealt out in four shares to a thread, wherever the heads
    end; a share that ends within a tile computes all of it. Source:
    ggml_compute_forward_flash_attn_ext_f16 and its tiled form, of ggml-cpu's ops.cpp.
    """
    rows = tokens * heads
    share = -(-rows // (CHUNKS * threads))
    if threads == 1 or -(-rows // share) < threads:
        share = -(-rows // threads)
    tiles = 0
    for begin in range(0, rows, share):
        end = min(begin + share, rows)
        while begin < end:
            begin += min(TILED_TOKENS, end - begin, tokens - begin % tokens)
            tiles += 1
    return tiles * TILED_TOKENS / rows


def _busiest_cells(depth: int, seen: int, held: int, threads: int) -> float:
    """Return the cells that count where threads share them out, also those that nobody sees.

    Each thread takes as many cells as the others, and all wait for the one that sees most of what
    it has: threads times its cells count. Source: ggml_compute_forward_flash_attn_ext_f16 of
    ggml-cpu's ops.cpp, where a single token looks back (use_split_kv_path).

    Args:
        depth: Tokens before this one.
        seen: How many of them it looks back at, besides itself.
        held: Cells of the whole cache, rounded up.
        threads: That compute.
    """
    first, last = depth - seen, depth + 1
    each = -(-held // threads)
    shares = (
        min(last, begin + each) - max(first, begin) for begin in range(0, threads * each, each)
    )
    return float(threads * max(shares))
