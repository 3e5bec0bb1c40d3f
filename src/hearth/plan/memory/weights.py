"""Where a model's weights lie: on which device, copied or as pages of the file.

The CPU back-end copies ("repacks") matrices whose type it has a faster order for, if their rows
divide; everything else stays as pages of the file. Of each file the worker keeps mapped what lies
between its first and its last tensor in use, and so also pages whose weights were copied.

Source: repack.cpp (`ggml_repack_get_optimal_repack_type`), amx.cpp (`supports_op`),
llama-model-loader.cpp and llama-model.cpp (`load_tensors`) of llama.cpp; compared with workers'
memory maps.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.weights import WeightGroup
from hearth.plan.memory.orders import Orders, order_of

PAGE_BYTES = 4096
INPUT, OUTPUT = "token_embd.weight", "output.weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPlaces:
    """Where a model's weights lie, in bytes.

    Args:
        host_bytes: In main memory, copies as large as they are; `gpu_bytes` are on GPUs.
        repacked_bytes: Of those in main memory, the copies.
        mapped_bytes: Pages of the files that stay mapped.
        host_tied_bytes: Copy of the input embeddings that serves as the output matrix.
        gpu_tied_bytes: The same on a GPU.
    """

    host_bytes: int
    gpu_bytes: int = 0
    repacked_bytes: int = 0
    mapped_bytes: int = 0
    host_tied_bytes: int = 0
    gpu_tied_bytes: int = 0


def first_gpu_layer(info: ModelInfo, gpu_layers: int) -> int:
    """Return the first layer on a GPU; the output counts as the layer after the last."""
    return max(0, info.num_layers + 1 - gpu_layers)


def place_weights(
    info: ModelInfo, *, gpu_layers: int = 0, orders: Orders | None = None
) -> WeightPlaces:
    """Say where the weights lie.

    Args:
        info: The model.
        gpu_layers: Layers on a GPU, the output counted as one.
        orders: Those that weights are copied into, as of `processor_orders`; None for no copies.
    """
    if not info.weights:  # a description without a table: every layer counts as the same
        share = min(gpu_layers, info.num_layers + 1)
        gpu_bytes = info.weight_bytes * share // (info.num_layers + 1)
        host_bytes = info.weight_bytes - gpu_bytes
        return WeightPlaces(host_bytes=host_bytes, gpu_bytes=gpu_bytes, mapped_bytes=host_bytes)
    orders = orders or {}
    first = first_gpu_layer(info, gpu_layers)
    host = [group for group in info.weights if _layer(info, group) < first]
    kept = [group for group in host if not _copy_bytes(group, orders)]
    copied_bytes = sum(_copy_bytes(group, orders) for group in host)
    tied = _tied(info)
    output_on_gpu = first <= info.num_layers
    tied_bytes = _in_order_bytes(tied, orders) if tied and not output_on_gpu else 0
    return WeightPlaces(
        host_bytes=_bytes(kept) + copied_bytes,
        gpu_bytes=info.weight_bytes - _bytes(host),
        repacked_bytes=copied_bytes,
        mapped_bytes=_mapped_bytes(kept),
        host_tied_bytes=tied_bytes,
        gpu_tied_bytes=tied.size_bytes if tied and output_on_gpu else 0,
    )


def _layer(info: ModelInfo, group: WeightGroup) -> int:
    if group.layer is not None:
        return group.layer
    return -1 if group.use == "lookup" else info.num_layers


def _tied(info: ModelInfo) -> WeightGroup | None:
    """Return the input embeddings where they are the output matrix as well."""
    by_role = {group.role: group for group in info.weights if group.role}
    return None if OUTPUT in by_role else by_role.get(INPUT)


def _copy_bytes(group: WeightGroup, orders: Orders) -> int:
    """Return the size of the copies of matrices; 0 where they are not copied."""
    return _in_order_bytes(group, orders) if group.use in ("matrix", "experts") else 0


def _in_order_bytes(group: WeightGroup, orders: Orders) -> int:
    is_expert = group.use == "experts"
    order = order_of(orders, group.type, group.rows_together, is_expert=is_expert)
    return round(group.size_bytes * order.growth) if order else 0


def _mapped_bytes(groups: list[WeightGroup]) -> int:
    """Add up, over the files, the pages from the first of these tensors to the last."""
    total = 0
    for file in {group.file for group in groups}:
        inside = [group for group in groups if group.file == file]
        start = min(group.start_byte for group in inside) // PAGE_BYTES
        end = -(-max(group.end_byte for group in inside) // PAGE_BYTES)
        total += (end - start) * PAGE_BYTES
    return total


def _bytes(groups: list[WeightGroup]) -> int:
    return sum(group.size_bytes for group in groups)
