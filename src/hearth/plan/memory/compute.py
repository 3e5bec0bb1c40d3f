"""The scratch memory of one pass, as llama.cpp's allocator lays it out on a CPU.

The largest of three stages, with ub tokens per micro batch, ff the feed-forward, d the embedding
width and q that of all queries:

    feed-forward  4 ub (3 ff + 3 d + q + x) + 2 cells ub   (twice the last term where some layers
                  are windowed: two masks). x is the experts' output, d for each that a token uses,
                  unless it fits where two of the three ff stood
    output        4 sequences vocab + 8 d ub
    attention     4 ub ((heads + 1) cells + 4 d + q + keys + values), which flash attention does
                  without

Found against llama.cpp's own allocator; tests compare them again for the common families.
"""

from __future__ import annotations

from hearth.models.gguf.info import ModelInfo
from hearth.plan.memory.caches import padded_cells


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


def staging_bytes(info: ModelInfo, *, cells: int, batch_tokens: int) -> int:
    """Estimate the host's scratch memory where a GPU computes every layer: inputs and masks."""
    masks = 2 if any(layer.windowed for layer in info.layers) else 1
    return 4 * info.embedding_length * batch_tokens + 2 * masks * padded_cells(cells) * batch_tokens
