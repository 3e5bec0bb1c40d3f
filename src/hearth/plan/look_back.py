"""How long a layer takes to look back at keys and values, by what goes through it at once.

With flash attention a token takes those that it sees, and passes over the rest; enough tokens of
one sequence are taken in tiles, and a single one is divided among the threads. With a full matrix
every token is multiplied with all cells that anybody holds, and hidden ones are masked.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from hearth.plan.arithmetic import Range
from hearth.plan.attention import Look
from hearth.plan.kernels import KernelTable
from hearth.plan.shape import LayerShape, ModelShape, attended

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
class Pass:
    """What goes through a model at once.

    Args:
        tokens: Of all sequences together.
        sequences: To which they belong; each has as many of them.
        outputs: Tokens whose scores are wanted.
        depth: Tokens that each sequence holds already.
        kv_type: Type of the keys and values.
        flash: Whether tokens look back without a matrix of all queries and keys.
    """

    tokens: int
    sequences: int
    outputs: int
    depth: int
    kv_type: str
    flash: bool = True

    @property
    def per_sequence(self) -> float:
        """Tokens of each sequence."""
        return self.tokens / self.sequences


def look_back_time(shape: ModelShape, part: LayerShape, table: KernelTable, passing: Pass) -> Range:
    """Return the time to look back in one layer; nothing where it keeps no keys."""
    if not part.cache.key_width:
        return Range.exactly(0.0)
    # Profiles of earlier versions know flash attention alone: the nearest there is.
    is_flash = passing.flash or not table.has_full_attention
    looking = _flash_look if is_flash else _full_look
    seen, look = looking(shape, part, table, passing)
    found = table.attention_s(part.attention_flops * seen * passing.tokens, look)
    return found if found is not None else Range.exactly(0.0)


def _full_look(
    _shape: ModelShape, part: LayerShape, _table: KernelTable, passing: Pass
) -> tuple[float, Look]:
    """Return the cells that each token looks at, and how: all that anybody has, hidden or not."""
    held = _held_cells(passing)
    return held, _look(part, passing, cells=held, rows=passing.tokens, flash=False)


def _flash_look(
    shape: ModelShape, part: LayerShape, table: KernelTable, passing: Pass
) -> tuple[float, Look]:
    """Return the cells that each token looks at, and how: those hidden from it are passed over."""
    is_tiled = passing.kv_type in TILED_TYPES
    many = passing.per_sequence >= (TILED_TOKENS if is_tiled else MANY_TOKENS)
    # Each token sees those before it and itself: half of its own batch on average.
    reach = passing.depth + (passing.per_sequence + 1) / 2
    cells = float(attended(shape, part, int(reach)))
    held = _held_cells(passing)
    if passing.tokens == 1 and is_tiled and held >= SPLIT_CELLS:
        seen = _busiest_cells(passing.depth, int(cells), held, table.num_threads)
    else:
        if many and is_tiled and cells == reach:
            cells += TILE_CELLS / 2
        seen = cells + PASSED_OVER * max(0.0, held - cells)
        if many and is_tiled:
            heads = part.heads_per_kv * part.cache.key_width // max(1, part.head_size)
            seen *= _tiles_computed(passing.tokens, int(heads), table.num_threads)
    return seen, _look(part, passing, cells=cells, rows=math.inf if many else 1, flash=True)


def _look(part: LayerShape, passing: Pass, *, cells: float, rows: float, flash: bool) -> Look:
    return Look(
        kv_type=passing.kv_type,
        head_size=part.head_size,
        kv_heads=part.cache.key_width / max(1, part.head_size),
        group=part.heads_per_kv,
        cells=cells,
        rows=rows,
        flash=flash,
    )


def _held_cells(passing: Pass) -> int:
    """Return the cells that all sequences hold, in the steps in which they are looked at."""
    held = passing.sequences * (passing.depth + int(passing.per_sequence))
    return -(-held // KV_PAD) * KV_PAD


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
