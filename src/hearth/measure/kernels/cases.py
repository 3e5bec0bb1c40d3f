"""What is timed: which types, at how many tokens at once, from which working sets.

Time of a multiplication goes by the type of the weights, by whether they lie in the processor's
own layout, and by how many tokens share one reading of them: not in proportion, but in steps. One
token streams weights from memory, so a working set within the caches and one far beyond them are
timed; many tokens compute. Attention goes by the type of keys and values, the size of the heads,
how many queries share a key, and whether enough tokens come at once for its tiled form. With its
full matrix it goes by how many tokens come at once instead, and takes 16 bits alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from functools import partial

from msgspec.structs import replace

from hearth.engine.probe.messages import Case
from hearth.machine.profile import CpuPart
from hearth.models.gguf.tensors import tensor_types
from hearth.plan.sizing import MATRIX_TOKENS

COMMON_TYPES = (
    *("F32", "F16", "Q8_0", "Q6_K", "Q5_K", "Q5_0"),
    *("Q4_K", "Q4_0", "Q4_1", "Q3_K", "Q2_K", "IQ4_NL"),
)
LAYOUTS = ("repacked", "plain")
COLUMNS = ROWS = 2048
FEW_ROWS = 256
# Of weights that no kernel takes in blocks: as many as Mamba's smallest has for its steps.
NARROW_COLUMNS, NARROW_TYPES = 48, ("F32", "F16")
NEAR_BYTES = 2**21
NEAR_REPEATS = 8
LOW_REPEATS = 2**23  # of a working set of one byte: of so many bytes in all
LEAST_FAR_BYTES, MOST_FAR_BYTES = 2**26, 2**27
# Part of the far working set by tokens at once: with more, computing takes longer than reading.
FAR_SHARE = {1: 1.0, 2: 0.25, 4: 0.25, 8: 0.125}
LOW_FAR_SHARE = 0.25
MANY_TOKENS = (16, 32, 256)
EXPERT_TOKENS = 32
# A thread's half of them stays in its cache from token to token; as much of ROWS would not.
EXPERT_ROWS = 1024
KV_BYTES = 2**23  # past the near caches: between two looks of a layer all weights pass through

KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}  # ggml_type
HEAD_SIZES = (64, 128)
# Less common ones, timed with fewer heads around them; 96 in 16 bits alone, where kernels work in
# blocks of other sizes.
OTHER_HEAD_SIZES = {"f16": (96, 256), "q8_0": (256,), "q4_0": (256,)}
KV_HEADS = (2, 4, 8, 32)
GROUPS = (1, 4)
USUAL = (8, 4)  # heads of keys and values, and queries of each, where only one is timed
DEEP_KV_HEADS = (2, 8)  # keys that lie close together are as quick deep down
CELLS = 1024
DEEPER_CELLS = (4096, 8192, 32_768)
PROMPT_TOKENS = {"f16": 64, "q8_0": 16, "q4_0": 16}  # in tiles of 64, or one by one
STATE_TOKENS = 128  # at once, besides one alone
DEEP_PROMPT_CELLS = {"f16": 16_384, "q8_0": 8192, "q4_0": 8192}
DEEPEST_CELLS = 32_768  # in 16 bits, with few keys: with many, they have left the caches before

FULL_ROWS = (1, 2, 8, MATRIX_TOKENS)  # at once
FULL_CELLS = 256  # the least that the engine computes: what an operation takes to begin with counts
FULL_LOOKS = ((8, 1), (2, 4))  # heads of keys and queries of each, where rows and depths are timed
FULL_DEEP, FULL_DEEP_CELLS = (2, 4), 8192

NODE_COLUMNS = 1024
ELEMENT_COLUMNS = 2048
ROLLED_TOKENS = 4

# Recurrent states: channels per head, heads, and numbers for each channel. Heads of one channel
# (Mamba) have a decay for each number, larger ones (Mamba-2) one for all.
SCANS = ((1, 1536, 16), (64, 24, 128))


def type_numbers() -> dict[str, int]:
    """Return the number of each type of weights by its name."""
    return {kind.name: number for number, kind in tensor_types().items()}


def far_bytes(cpu: CpuPart) -> int:
    """Return a working set far larger than the caches, as far as is worth its time."""
    largest = max((cache.size_bytes for cache in cpu.caches), default=0)
    return min(MOST_FAR_BYTES, max(LEAST_FAR_BYTES, 2 * largest))


def matrix_cases(types: Collection[str], far: int) -> list[Case]:
    """Return the multiplications to be timed.

    Args:
        types: Types of weights, as GGUF names them.
        far: Bytes of the far working set.
    """
    blocks = [
        case
        for name in types
        for layout in LAYOUTS
        for case in _multiplications(type_numbers()[name], layout, far)
    ]
    return [*blocks, *(_narrow(name) for name in NARROW_TYPES if name in types)]


def _narrow(name: str) -> Case:
    """Return a matrix of short rows, each of which has to be begun."""
    return Case(
        kind="matrix",
        tokens=1,
        type=type_numbers()[name],
        columns=NARROW_COLUMNS,
        rows=ROWS,
        bytes=1,
        repeats=LOW_REPEATS,
    )


def _multiplications(number: int, layout: str, far: int) -> Iterator[Case]:
    """Yield those of one type in one layout."""
    usual = Case(
        kind="matrix", tokens=1, type=number, layout=layout, columns=COLUMNS, rows=ROWS, bytes=1
    )
    # Few rows show what it takes to convert what goes in.
    low = replace(usual, rows=FEW_ROWS)
    yield replace(low, repeats=LOW_REPEATS)
    yield replace(low, tokens=MANY_TOKENS[-1])
    yield replace(usual, bytes=NEAR_BYTES, repeats=NEAR_REPEATS)
    for tokens, share in FAR_SHARE.items():
        yield replace(usual, tokens=tokens, bytes=int(share * far))
        if tokens == 1:  # whose end has driven the beginning out of the caches: what a start takes
            yield replace(low, bytes=int(LOW_FAR_SHARE * far))
    for tokens in MANY_TOKENS:
        yield replace(usual, tokens=tokens)
    yield replace(usual, tokens=EXPERT_TOKENS, rows=EXPERT_ROWS, is_expert=True)


def attention_cases() -> list[Case]:
    """Return the looks back to be timed: of one token, and of many at once."""
    return [*(case for kv_type in KV_TYPES for case in _looks(kv_type)), *_full_looks()]


def _looks(kv_type: str) -> Iterator[Case]:
    """Yield those of one type: heads and groups at one depth, then depth; other types less deep."""
    deeper = DEEPER_CELLS if kv_type == "f16" else DEEPER_CELLS[:2]
    for size in HEAD_SIZES:
        for kv_heads, group in itertools.product(KV_HEADS, GROUPS):
            yield _look(kv_type, size, kv_heads, group)
        for kv_heads, cells in itertools.product(DEEP_KV_HEADS, deeper):
            yield _look(kv_type, size, kv_heads, USUAL[1], cells=cells)
    for size in OTHER_HEAD_SIZES[kv_type]:
        for kv_heads in KV_HEADS:
            yield _look(kv_type, size, kv_heads, 1 if kv_heads == KV_HEADS[-1] else USUAL[1])
    prompt = partial(_look, kv_type, tokens=PROMPT_TOKENS[kv_type])
    for size in (*HEAD_SIZES, *OTHER_HEAD_SIZES[kv_type]):
        yield prompt(size, USUAL[0], group=1)
    for size, kv_heads in itertools.product(HEAD_SIZES, DEEP_KV_HEADS):
        group = USUAL[0] // kv_heads
        if group > 1:
            yield prompt(size, kv_heads, group=group)
        yield prompt(size, kv_heads, group=group, cells=DEEP_PROMPT_CELLS[kv_type])
        if group > 1 and kv_type == "f16":
            yield prompt(size, kv_heads, group=group, cells=DEEPEST_CELLS)


def _full_looks() -> Iterator[Case]:
    """Yield those with a full matrix: heads and groups for one row, then more rows, and depth."""
    for size, kv_heads, group in itertools.product(HEAD_SIZES, KV_HEADS, GROUPS):
        yield _full_look(size, kv_heads, group)
    for size, rows, cells in itertools.product(HEAD_SIZES, FULL_ROWS, (FULL_CELLS, CELLS)):
        if (rows, cells) != (1, FULL_CELLS):
            for kv_heads, group in FULL_LOOKS:
                yield _full_look(size, kv_heads, group, rows=rows, cells=cells)
    for rows in (1, FULL_ROWS[-1]):  # whose matrix is larger than caches, as in a model
        yield _full_look(HEAD_SIZES[0], *FULL_DEEP, rows=rows, cells=FULL_DEEP_CELLS)
    for size, rows in itertools.product(OTHER_HEAD_SIZES["f16"], FULL_ROWS):
        yield _full_look(size, USUAL[0], 1, rows=rows)


def other_cases() -> list[Case]:
    """Return what is neither: small and large operations between layers, and recurrent states."""
    return [
        Case(kind="elements", tokens=1, columns=NODE_COLUMNS),
        Case(kind="elements", tokens=512, columns=ELEMENT_COLUMNS),
        *(
            Case(kind="scan", tokens=tokens, head_size=size, heads=heads, cells=cells)
            for size, heads, cells in SCANS
            for tokens in (1, STATE_TOKENS)
        ),
        *(
            Case(kind="roll", tokens=tokens, columns=ELEMENT_COLUMNS, cells=ROLLED_TOKENS)
            for tokens in (1, STATE_TOKENS)
        ),
    ]


def _look(
    kv_type: str, size: int, kv_heads: int, group: int, *, tokens: int = 1, cells: int = CELLS
) -> Case:
    return Case(
        kind="attention",
        tokens=tokens,
        type=KV_TYPES[kv_type],
        head_size=size,
        heads=group * kv_heads,
        kv_heads=kv_heads,
        cells=cells,
        bytes=KV_BYTES if tokens == 1 else 1,
    )


def _full_look(
    size: int, kv_heads: int, group: int, *, rows: int = 1, cells: int = FULL_CELLS
) -> Case:
    return replace(
        _look("f16", size, kv_heads, group, tokens=rows, cells=cells), kind="full attention"
    )
