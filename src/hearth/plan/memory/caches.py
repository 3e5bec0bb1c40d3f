"""Keys, values and recurrent states: what a model keeps of the tokens that it has seen.

    keys and values   per layer  cells x (row(key width) + row(value width));  row(n) = n / block x
                      bytes of the type.  A windowed layer may keep fewer cells
    states            per recurrent layer and sequence, whatever its length

Source: llama_kv_cache and llama_memory_recurrent of llama.cpp.
"""

from __future__ import annotations

from collections.abc import Iterable

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache

CELL_STEP = 256  # llama.cpp rounds the number of cells up to a multiple of this
KEPT_SEQUENCES = 16  # ended sequences that the engine keeps, so that their prefix can be shared

# Block length and bytes of a block, by the type of the key-value memory.
KV_TYPES = {"f32": (1, 4), "f16": (1, 2), "q8_0": (32, 34), "q4_0": (32, 18)}


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
    window_tokens: int | None = None,
    layers: Iterable[LayerCache] | None = None,
) -> int:
    """Compute the memory for keys and values.

    Args:
        info: The model.
        cells: Tokens in the shared memory.
        kv_type: A key of `KV_TYPES`.
        window_tokens: Cells of windowed layers; None means as many as the others, which is what
            the engine does, since a pruned window could not be shared between sequences.
        layers: Some of the model's layers; None for all.
    """
    full = padded_cells(cells)
    windowed = full if window_tokens is None else min(full, padded_cells(window_tokens))
    return sum(
        _layer_bytes(layer, windowed if layer.windowed else full, kv_type)
        for layer in (info.layers if layers is None else layers)
    )


def state_bytes(
    info: ModelInfo, *, num_sequences: int, layers: Iterable[LayerCache] | None = None
) -> int:
    """Compute the memory for the states of recurrent layers.

    Args:
        info: The model.
        num_sequences: Sequences that have a state, running and kept.
        layers: Some of the model's layers; None for all.
    """
    chosen = info.layers if layers is None else layers
    return num_sequences * sum(layer.state_bytes for layer in chosen)


def _layer_bytes(layer: LayerCache, cells: int, kv_type: str) -> int:
    block, block_bytes = KV_TYPES[kv_type]
    return cells * (layer.key_width + layer.value_width) * block_bytes // block
