"""What must not be zero in a model whose weights are holes.

All-zero matrices compute finite numbers, but a norm of zeros silences its layer, a router of zeros
sends every token to the same experts, and an embedding of zeros makes all tokens one. So norms and
scales are one, routers and the embeddings in use are random, and recurrent parameters have values
under which a state decays.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from hearth.models.blueprint.blocks import floats, random_rows
from hearth.models.blueprint.encoding import num_rows
from hearth.models.gguf.tensors import TensorInfo

# A row of a router gets so many random weights; the others stay a hole. They are enough to tell
# tokens apart, and a page of the file is 1024 weights of 32 bits.
ROUTER_COLUMNS = 1024
STATE_DECAY = -1.0  # A of Mamba: negative, so that a state fades
TIME_STEP = 0.01  # seconds of the continuous system, in the middle of Mamba's usual range
# llama.cpp adds the bias before the softplus.
TIME_STEP_BIAS = math.log(math.expm1(TIME_STEP))

_EMBEDDINGS = ("token_embd.weight", "per_layer_token_embd.weight")


def values_of(
    tensor: TensorInfo, embed_rows: Sequence[int], rng: np.random.Generator
) -> Iterator[tuple[int, bytes]]:
    """Yield what to write into a tensor: the offset inside of it, and the bytes.

    Args:
        tensor: The tensor, with its type and shape.
        embed_rows: Token ids whose embeddings will be used.
        rng: Where random weights come from.
    """
    if tensor.name in _EMBEDDINGS:
        yield from _rows(tensor, embed_rows, tensor.shape[0], rng)
    elif tensor.name.endswith("ffn_gate_inp.weight"):
        columns = min(tensor.shape[0], ROUTER_COLUMNS)
        yield from _rows(tensor, range(num_rows(tensor.shape)), columns, rng)
    else:
        constant = _constant(tensor)
        if constant is not None:
            filled = np.full(tensor.num_elements, constant, np.float32)
            yield 0, floats(tensor.type, filled)


def _rows(
    tensor: TensorInfo, rows: Sequence[int], columns: int, rng: np.random.Generator
) -> Iterator[tuple[int, bytes]]:
    row_bytes = tensor.type.row_bytes(tensor.shape[0])
    last = num_rows(tensor.shape)
    for row in rows:
        if row < last:
            yield row * row_bytes, random_rows(tensor.type, 1, columns, rng)


def _constant(tensor: TensorInfo) -> float | None:
    name = tensor.name
    if name.endswith("ssm_a"):
        return STATE_DECAY
    if name.endswith("ssm_dt.bias"):
        return TIME_STEP_BIAS
    if name.endswith("ssm_conv1d.weight") or name.endswith("shortconv.conv.weight"):
        return 1 / tensor.shape[0]
    # Norms, also the two-dimensional ones of groups; scales; rotary factors; Mamba's D.
    is_vector = len(tensor.shape) == 1 and name.endswith(".weight")
    return 1.0 if is_vector or "norm" in name or name.endswith("ssm_d") else None
