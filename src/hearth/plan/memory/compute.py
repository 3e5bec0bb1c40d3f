"""The scratch memory of one pass, as llama.cpp's allocator lays it out on a CPU.

It is as large as the largest of four stages. With ub tokens per micro batch, T the same rounded up
to as many for each of S sequences, ff the feed-forward, d the embedding width, q that of all
queries, and m = 2 cells T for the mask (twice that where some layers are windowed: two masks):

    feed-forward  4 T (3 ff + 3 d + q + x) + m.  x is the experts' output, d for each that a token
                  uses, unless it fits where two of the three ff stood. One d less where gate and
                  up are one matrix; one more beside a state-space layer; no q beside convolutions
    output        4 min(ub, S) vocab + 8 d T
    attention     4 T ((heads + masks) cells + 4 d + q + keys + values), which flash attention does
                  without
    state space   with inner width i, state size n and convolution k, and w = i + 2 groups n:
                  Mamba    4 (T (6 i + d) + S i (n + 2 (k - 1)))
                  Mamba 2  4 (T (2 i + 2 groups n + heads + 2 w + 2 i + d) + S (i n + 2 (k - 1) w))
                           + m.  One d more where the layer attends as well

Found against llama.cpp's own allocator for the families in `VERIFIED`; tests compare them again.
For the others it is an estimate, and the engine's simulation knows better.
"""

from __future__ import annotations

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.recurrence import Recurrence
from hearth.plan.memory.caches import padded_cells

VERIFIED = frozenset(
    {"llama", "qwen2", "qwen3", "qwen3moe", "olmoe", "gemma2", "gemma3", "phi3", "deepseek2"}
    | {"mamba", "mamba2", "falcon-h1", "lfm2", "granitehybrid", "gpt-oss"}
)
FUSED_UP = frozenset({"phi3"})  # gate and up are one matrix


def has_formula(info: ModelInfo) -> bool:
    """Say whether the formulas are known to hold for a model's family."""
    return info.exact_memory and info.architecture in VERIFIED


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
    stages = [
        4 * passed * _feed_forward(info) + _mask_bytes(info, cells, passed),
        4 * min(micro_batch_tokens, sequence_ids) * info.vocab_size + 8 * width * passed,
    ]
    if not flash_attention and _attends(info):
        stages.append(4 * passed * _attention(info, cells))
    if info.recurrence is not None:
        per_token, per_sequence = _state_space(info, info.recurrence)
        scan = 4 * (passed * per_token + sequence_ids * per_sequence)
        stages.append(scan + _mask_bytes(info, cells, passed))
    return max(stages)


def staging_bytes(info: ModelInfo, *, cells: int, batch_tokens: int) -> int:
    """Estimate the host's scratch memory where a GPU computes every layer: inputs and masks."""
    masks = _mask_bytes(info, padded_cells(cells), batch_tokens)
    return 4 * info.embedding_length * batch_tokens + masks


def _feed_forward(info: ModelInfo) -> int:
    """Return the numbers that are alive per token while a feed-forward layer is computed."""
    width, inner = info.embedding_length, info.feed_forward_length
    queries = info.num_heads * info.key_length
    experts = info.num_experts_used * width
    alive = 3 * inner + 3 * width + (experts if experts > 2 * inner else 0)
    if info.recurrence is not None:
        return alive + width + queries
    if any(layer.state_bytes for layer in info.layers):
        return alive
    return alive + queries - (width if info.architecture in FUSED_UP else 0)


def _attention(info: ModelInfo, cells: int) -> int:
    """Return the numbers that are alive per token while attention has its full matrix."""
    queries = info.num_heads * info.key_length
    rows = max(layer.key_width + layer.value_width for layer in info.layers)
    return (info.num_heads + _num_masks(info)) * cells + 4 * info.embedding_length + queries + rows


def _state_space(info: ModelInfo, sizes: Recurrence) -> tuple[int, int]:
    """Return the numbers that are alive per token and per sequence in a state-space layer."""
    inner, rolling = sizes.inner_size, 2 * max(sizes.conv_kernel - 1, 0)
    state = inner * sizes.state_size
    if not sizes.num_groups:
        return 6 * inner + info.embedding_length, state + rolling * inner
    shared = 2 * sizes.num_groups * sizes.state_size
    projected = 2 * inner + shared + sizes.num_heads
    has_both = any(layer.state_bytes and layer.key_width for layer in info.layers)
    widths = (2 if has_both else 1) * info.embedding_length
    per_token = projected + 2 * (inner + shared) + 2 * inner + widths
    return per_token, state + rolling * (inner + shared)


def _mask_bytes(info: ModelInfo, cells: int, tokens: int) -> int:
    return 2 * _num_masks(info) * cells * tokens if _attends(info) else 0


def _num_masks(info: ModelInfo) -> int:
    return 2 if any(layer.windowed for layer in info.layers) else 1


def _attends(info: ModelInfo) -> bool:
    return any(layer.key_width for layer in info.layers)
