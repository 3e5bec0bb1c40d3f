"""How much memory a model needs here, by part, in closed formulas.

    weights   sum of the tensors' bytes, from the header: exact
    keys and values   per layer  cells x (row(key width) + row(value width));  row(n) = n / block x
              bytes of the type.  A windowed layer may keep fewer cells; a recurrent layer keeps a
              state per sequence instead
    compute   the largest of three stages, with ub tokens per micro batch, ff the feed-forward,
              d the embedding width and q that of all queries:
              feed-forward  4 ub (3 ff + 3 d + q + x) + 2 cells ub   (twice the last term where
                            some layers are windowed: two masks). x is the experts' output, d for
                            each that a token uses, unless it fits where two of the three ff stood
              output        4 sequences vocab + 8 d ub
              attention     4 ub ((heads + 1) cells + 4 d + q + keys + values), which flash
                            attention does without
    output    4 sequences vocab: a row of logits for each
    overhead  the programs and the tokenizer's tables, as measured

The compute formulas were found against llama.cpp's own allocator on a CPU; tests compare them again
for the common families. Elsewhere they are estimates. Nothing here knows the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache

CELL_STEP = 256  # llama.cpp rounds the number of cells up to a multiple of this
KEPT_SEQUENCES = 16  # ended sequences that the engine keeps, so that their prefix can be shared
PROGRAM_BYTES = 72 * 2**20  # worker and template process: Python, libraries, threads
TOKEN_BYTES = 512  # of the tokenizer, for each token of the vocabulary

# Block length and bytes of a block, by the type of the key-value memory.
KV_TYPES = {"f32": (1, 4), "f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryNeed:
    """Bytes that a loaded model needs, by part."""

    weights_bytes: int
    kv_bytes: int
    compute_bytes: int
    output_bytes: int
    overhead_bytes: int

    @property
    def total_bytes(self) -> int:
        """The sum of all parts."""
        return (
            self.weights_bytes
            + self.kv_bytes
            + self.compute_bytes
            + self.output_bytes
            + self.overhead_bytes
        )


def memory_need(
    info: ModelInfo,
    *,
    cells: int,
    num_sequences: int,
    micro_batch_tokens: int,
    kv_type: str = "f16",
    flash_attention: bool = True,
) -> MemoryNeed:
    """Compute what a model needs with these settings.

    Args:
        info: The model.
        cells: Tokens that the memory shared by all sequences holds.
        num_sequences: Sequences that run at once.
        micro_batch_tokens: Most tokens computed in one pass.
        kv_type: A key of `KV_TYPES`.
        flash_attention: False takes scratch memory for the full attention matrix.
    """
    sequence_ids = num_sequences + kept_sequences(info)
    return MemoryNeed(
        weights_bytes=info.weight_bytes,
        kv_bytes=kv_bytes(info, cells=cells, kv_type=kv_type, num_sequences=sequence_ids),
        compute_bytes=compute_bytes(
            info,
            cells=cells,
            micro_batch_tokens=micro_batch_tokens,
            sequence_ids=sequence_ids,
            flash_attention=flash_attention,
        ),
        output_bytes=4 * info.vocab_size * sequence_ids,
        overhead_bytes=PROGRAM_BYTES + TOKEN_BYTES * info.vocab_size,
    )


def kept_sequences(info: ModelInfo) -> int:
    """Return how many ended sequences the engine keeps; a recurrent state is dear, so one."""
    return 1 if any(layer.state_bytes for layer in info.layers) else KEPT_SEQUENCES


def padded_cells(tokens: int) -> int:
    """Return the cells that llama.cpp makes for a number of tokens."""
    return -(-tokens // CELL_STEP) * CELL_STEP


def kv_bytes(
    info: ModelInfo,
    *,
    cells: int,
    kv_type: str = "f16",
    num_sequences: int = 1,
    window_tokens: int | None = None,
) -> int:
    """Compute the memory for keys, values and recurrent states.

    Args:
        info: The model.
        cells: Tokens in the shared memory.
        kv_type: A key of `KV_TYPES`.
        num_sequences: Sequences that have a recurrent state.
        window_tokens: Cells of windowed layers; None means as many as the others, which is what
            the engine does, since a pruned window could not be shared between sequences.
    """
    full = padded_cells(cells)
    windowed = full if window_tokens is None else min(full, padded_cells(window_tokens))
    return sum(
        _layer_bytes(layer, windowed if layer.windowed else full, kv_type)
        + layer.state_bytes * num_sequences
        for layer in info.layers
    )


def compute_bytes(
    info: ModelInfo,
    *,
    cells: int,
    micro_batch_tokens: int,
    sequence_ids: int,
    flash_attention: bool = True,
) -> int:
    """Compute the scratch memory of one pass.

    Args:
        info: The model.
        cells: Tokens in the shared memory.
        micro_batch_tokens: Most tokens in one pass.
        sequence_ids: Sequences that are known, each with a row of logits.
        flash_attention: Whether attention is computed without its full matrix.
    """
    cells = padded_cells(cells)
    # llama.cpp measures with as many tokens for each sequence.
    passed = -(-micro_batch_tokens // sequence_ids) * sequence_ids
    width = info.embedding_length
    queries = info.num_heads * info.key_length
    masks = 2 if any(layer.windowed for layer in info.layers) else 1
    inner = info.feed_forward_length
    experts = info.num_experts_used * width
    if experts <= 2 * inner:
        experts = 0
    feed_forward = (
        4 * passed * (3 * inner + 3 * width + queries + experts) + 2 * cells * passed * masks
    )
    output = 4 * min(micro_batch_tokens, sequence_ids) * info.vocab_size + 8 * width * passed
    if flash_attention:
        return max(feed_forward, output)
    rows = max(layer.key_width + layer.value_width for layer in info.layers)
    attention = 4 * passed * ((info.num_heads + 1) * cells + 4 * width + queries + rows)
    return max(feed_forward, output, attention)


def _layer_bytes(layer: LayerCache, cells: int, kv_type: str) -> int:
    block, block_bytes = KV_TYPES[kv_type]
    return cells * (layer.key_width + layer.value_width) * block_bytes // block
