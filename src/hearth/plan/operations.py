"""What a layer does besides its multiplications, read off its tensors.

An engine computes a layer as a list of operations, each with a cost of its own however small it
is, and passes numbers between them. Both follow from which tensors a layer has: a norm is two
operations over its numbers, a bias one, a gate one. Counted after llama.cpp's graphs
(src/models/*.cpp of llama-cpp-python 0.3.36).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache
from hearth.models.gguf.tensors import TensorInfo

NUMBER_BYTES = 4  # between operations all is float32
NO_MATRIX = ("norm", "ssm_conv1d", "shortconv.conv", "sinks", "rope_freqs")
RECURRENT_OPERATIONS = 14  # a convolution, its state, gates and a scan over the state
STATE_NUMBERS = 16  # for each channel: gates, and rearranging for them
STATE_COPIES = 4  # a state is read, written, and copied to and from its place
ROUTING_OPERATIONS = 9  # scores, the best of them, their weights, and the sum over experts


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Matrix:
    """Weights that a token's numbers are multiplied by.

    Args:
        type: Of the weights, as GGUF names it.
        columns: Numbers that go in; `rows` those that come out.
        experts: How many of them lie side by side, of which a token uses some; 0 without experts.
        after_attention: Whether a last layer computes it only for tokens whose scores are wanted.
    """

    type: str
    columns: int
    rows: int
    size_bytes: int
    experts: int = 0
    after_attention: bool = False


def matrix_of(tensor: TensorInfo) -> Matrix | None:
    """Return a tensor as a matrix to multiply by; None for a norm, a bias and the like."""
    name, shape = tensor.name, tensor.shape
    if len(shape) < 2 or not name.endswith(".weight") or any(part in name for part in NO_MATRIX):
        return None
    return Matrix(
        type=tensor.type.name,
        columns=shape[0],
        rows=shape[1],
        size_bytes=tensor.size_bytes,
        experts=shape[2] if len(shape) > 2 else 0,
        after_attention=".ffn_" in name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What is done between multiplications, for one token.

    Args:
        num_operations: Operations of the graph, the multiplications among them.
        num_bytes: Bytes that they read and write.
        pass_bytes: Bytes that they read and write once for all tokens of a sequence: its state.
        roll_bytes: Of channels that mix the token's numbers with those of a few before it.
        scan_bytes: Of a state that each token passes; `scan_head` channels of it share a decay.
    """

    num_operations: int = 0
    num_bytes: float = 0.0
    pass_bytes: float = 0.0
    roll_bytes: float = 0.0
    scan_bytes: float = 0.0
    scan_head: int = 0


def between(info: ModelInfo, cache: LayerCache, tensors: Sequence[TensorInfo]) -> Between:
    """Count what one layer does between its multiplications.

    Args:
        info: The model.
        cache: What the layer keeps.
        tensors: The layer's tensors.
    """
    width, count, numbers = info.embedding_length, 0, 0.0
    names = {tensor.name.split(".", 2)[-1] for tensor in tensors}
    for tensor in tensors:
        if matrix_of(tensor) is not None:
            count += 1
        elif "norm" in tensor.name:
            heads = _norm_repeats(tensor.name, info)
            count += 2
            numbers += 4 * tensor.num_elements * heads
        elif tensor.name.endswith(".bias"):
            count += 1
            numbers += 2 * tensor.num_elements
    if cache.key_width:
        queries = info.num_heads * info.key_length
        count += 5  # positions of queries and keys, storing keys and values, looking back
        numbers += 2 * (queries + cache.key_width) + 1.5 * (cache.key_width + cache.value_width)
    scan = _scan(cache, tensors)
    if cache.state_bytes:
        count += RECURRENT_OPERATIONS
        numbers += STATE_NUMBERS * scan.channels
    if any(name.startswith("ffn_down") for name in names):
        used = info.num_experts_used if any("_exps" in name for name in names) else 0
        inner = _inner_width(tensors)
        count += 1
        numbers += 3 * inner * max(1, used)
        if used:
            count += ROUTING_OPERATIONS + used
            numbers += 4 * info.num_experts + 5 * used * width
    count += 2  # what came in is added twice
    numbers += 6 * width
    return Between(
        num_operations=count,
        num_bytes=NUMBER_BYTES * numbers,
        pass_bytes=STATE_COPIES * cache.state_bytes,
        roll_bytes=NUMBER_BYTES * scan.rolled,
        scan_bytes=scan.num_bytes,
        scan_head=scan.head,
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    """What a layer's recurrent state is: channels, bytes, and channels that share a decay.

    Args:
        rolled: Channels that also mix a few tokens.
    """

    rolled: int = 0
    channels: int = 0
    num_bytes: float = 0.0
    head: int = 0


def _scan(cache: LayerCache, tensors: Sequence[TensorInfo]) -> _Scan:
    """Return the state that a layer's tokens pass; none of it where it only looks a little back."""
    shapes = {tensor.name.split(".", 2)[-1]: tensor.shape for tensor in tensors}
    weights = (name for name in shapes if "conv" in name and name.endswith("weight"))
    rolling = shapes.get(next(weights, ""))
    decay = shapes.get("ssm_a")
    if not cache.state_bytes or rolling is None:
        return _Scan()
    if decay is None:
        return _Scan(rolled=rolling[1], channels=rolling[1])
    state_bytes = cache.state_bytes - NUMBER_BYTES * (rolling[0] - 1) * rolling[1]
    each = decay[0] > 1  # a decay for each number of the state, else one for each head
    inner = shapes["ssm_out.weight"][0] if "ssm_out.weight" in shapes else rolling[1]
    heads = decay[-1] if len(decay) > 1 else decay[0]
    return _Scan(
        rolled=rolling[1],
        channels=inner,
        num_bytes=state_bytes,
        head=1 if each else max(2, inner // heads),
    )


def _norm_repeats(name: str, info: ModelInfo) -> int:
    """Return over how many heads a norm is repeated."""
    if "attn_q_norm" in name:
        return info.num_heads
    return info.num_kv_heads if "attn_k_norm" in name else 1


def _inner_width(tensors: Sequence[TensorInfo]) -> int:
    downs = [tensor.shape[0] for tensor in tensors if "ffn_down" in tensor.name]
    return max(downs)
