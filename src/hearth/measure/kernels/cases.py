"""What is timed: which types, at how many tokens at once, from which working sets.

Time of a multiplication goes by the type of the weights, by whether they lie in the processor's
own layout, and by how many tokens share one reading of them: not in proportion, but in steps. One
token streams weights from memory, so a working set within the caches and one far beyond them are
timed; many tokens compute. Attention goes by the type of keys and values, the size of the heads,
how many queries share a key, and whether enough tokens come at once for its tiled form.
"""

from __future__ import annotations

from collections.abc import Iterable

from hearth.engine.probe.messages import Case
from hearth.machine.profile import CpuPart
from hearth.models.gguf.tensors import tensor_types

COMMON_TYPES = (
    *("F32", "F16", "Q8_0", "Q6_K", "Q5_K", "Q5_0"),
    *("Q4_K", "Q4_0", "Q4_1", "Q3_K", "Q2_K", "IQ4_NL"),
)
LAYOUTS = ("repacked", "plain")
COLUMNS = ROWS = 2048
NEAR_BYTES = 2**21
NEAR_REPEATS = 8
LEAST_FAR_BYTES, MOST_FAR_BYTES = 2**26, 2**27
# Part of the far working set by tokens at once: with more, computing takes longer than reading.
FAR_SHARE = {1: 1.0, 2: 0.25, 4: 0.25, 8: 0.125}
MANY_TOKENS = (16, 32, 512)
KV_BYTES = 2**25  # past the near caches: between two looks of a layer all weights pass through

KV_TYPES = {"f16": 1, "q8_0": 8, "q4_0": 2}  # ggml_type
HEAD_SIZES = (64, 128, 256)
ODD_HEAD_SIZES = (96,)  # for 16 bits, where kernels work in blocks of other sizes
GROUPS = (1, 4)
KV_HEADS = 4
CELLS = (1024, 8192)
DEEP_CELLS = 32_768  # for 16 bits alone: other types take too long to be timed there
DEEP_SIZES = (64, 128)  # for prompts, whose time there grows with the size of the heads
PROMPT_TOKENS = 128
PROMPT_CELLS = 1024

NODE_COLUMNS = 64
ELEMENT_COLUMNS = 2048

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


def matrix_cases(types: Iterable[str], far: int) -> list[Case]:
    """Return the multiplications to be timed.

    Args:
        types: Types of weights, as GGUF names them.
        far: Bytes of the far working set.
    """
    numbers = type_numbers()
    found: list[Case] = []
    for name in types:
        for layout in LAYOUTS:
            shared = [(tokens, int(share * far)) for tokens, share in FAR_SHARE.items()]
            sets = [(1, NEAR_BYTES), *shared, *((tokens, 1) for tokens in MANY_TOKENS)]
            found += [
                Case(
                    kind="matrix",
                    tokens=tokens,
                    type=numbers[name],
                    layout=layout,
                    columns=COLUMNS,
                    rows=ROWS,
                    bytes=size,
                    repeats=NEAR_REPEATS if size == NEAR_BYTES else 1,
                )
                for tokens, size in sets
            ]
    return found


def attention_cases() -> list[Case]:
    """Return the looks back to be timed: of one token, and of many at once."""
    found: list[Case] = []
    for name, number in KV_TYPES.items():
        deep = (DEEP_CELLS,) if name == "f16" else ()
        sizes = (*HEAD_SIZES, *ODD_HEAD_SIZES) if name == "f16" else HEAD_SIZES
        for size in sizes:
            groups = GROUPS if size in HEAD_SIZES[:2] else GROUPS[-1:]
            for group in groups:
                found += [
                    _attention(number, size, group, cells=cells, tokens=1)
                    for cells in (*CELLS, *deep)
                ]
            found += [
                _attention(number, size, 1, cells=cells, tokens=PROMPT_TOKENS)
                for cells in (PROMPT_CELLS, *(deep if size in DEEP_SIZES else ()))
            ]
    return found


def other_cases() -> list[Case]:
    """Return what is neither: small and large operations between layers, and recurrent states."""
    return [
        Case(kind="elements", tokens=1, columns=NODE_COLUMNS),
        Case(kind="elements", tokens=512, columns=ELEMENT_COLUMNS),
        *(
            Case(kind="scan", tokens=tokens, head_size=size, heads=heads, cells=cells)
            for size, heads, cells in SCANS
            for tokens in (1, PROMPT_TOKENS)
        ),
    ]


def _attention(number: int, size: int, group: int, *, cells: int, tokens: int) -> Case:
    return Case(
        kind="attention",
        tokens=tokens,
        type=number,
        head_size=size,
        heads=group * KV_HEADS,
        kv_heads=KV_HEADS,
        cells=cells,
        bytes=KV_BYTES if tokens == 1 else 1,
    )
