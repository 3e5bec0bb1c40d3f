"""Where a model's weights lie: on which device, copied or as pages of the file.

The CPU back-end copies ("repacks") matrices whose type it has a faster order for, if their rows
divide; everything else stays as pages of the file. Of each file the worker keeps mapped what lies
between its first and its last tensor in use, and so also pages whose weights were copied.

Source: repack.cpp (`ggml_repack_get_optimal_repack_type`), llama-model-loader.cpp and
llama-model.cpp (`load_tensors`) of llama.cpp; compared with workers' memory maps.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.weights import WeightGroup

PAGE_BYTES = 4096

# Rows that must divide, by type, for processors with an instruction set (as `Cpu.flags` names it).
REPACKED_TYPES = {
    "avx2": {"Q4_0": 8, "Q4_K": 8, "IQ4_NL": 8, "MXFP4": 8},
    "avx512f": {"Q2_K": 8},
    "asimddp": {"Q4_0": 4, "IQ4_NL": 4, "MXFP4": 4, "Q4_K": 8, "Q5_K": 8, "Q6_K": 8, "Q8_0": 4},
}

INPUT, OUTPUT = "token_embd.weight", "output.weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPlaces:
    """Where a model's weights lie, in bytes.

    Args:
        host_bytes: In main memory; `gpu_bytes` are on GPUs.
        repacked_bytes: Of those in main memory, the ones that are copied.
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


def repacked_types(cpu_flags: AbstractSet[str]) -> dict[str, int]:
    """Return the types that a processor has an order for, and the rows that must divide."""
    return {
        name: rows
        for flag, types in REPACKED_TYPES.items()
        if flag in cpu_flags
        for name, rows in types.items()
    }


def first_gpu_layer(info: ModelInfo, gpu_layers: int) -> int:
    """Return the first layer on a GPU; the output counts as the layer after the last."""
    return max(0, info.num_layers + 1 - gpu_layers)


def place_weights(
    info: ModelInfo, *, gpu_layers: int = 0, packed: dict[str, int] | None = None
) -> WeightPlaces:
    """Say where the weights lie.

    Args:
        info: The model.
        gpu_layers: Layers on a GPU, the output counted as one.
        packed: Types that are copied, as `repacked_types` names them.
    """
    if not info.weights:  # a description without a table: every layer counts as the same
        share = min(gpu_layers, info.num_layers + 1)
        gpu_bytes = info.weight_bytes * share // (info.num_layers + 1)
        host_bytes = info.weight_bytes - gpu_bytes
        return WeightPlaces(host_bytes=host_bytes, gpu_bytes=gpu_bytes, mapped_bytes=host_bytes)
    first = first_gpu_layer(info, gpu_layers)
    host = [group for group in info.weights if _layer(info, group) < first]
    copied = [group for group in host if _is_copied(group, packed or {})]
    kept = [group for group in host if not _is_copied(group, packed or {})]
    host_bytes = _bytes(host)
    tied = _tied(info)
    is_copied = tied is not None and _fits(tied, packed or {})
    output_on_gpu = first <= info.num_layers
    return WeightPlaces(
        host_bytes=host_bytes,
        gpu_bytes=info.weight_bytes - host_bytes,
        repacked_bytes=_bytes(copied),
        mapped_bytes=_mapped_bytes(kept),
        host_tied_bytes=tied.size_bytes if tied and is_copied and not output_on_gpu else 0,
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


def _is_copied(group: WeightGroup, packed: dict[str, int]) -> bool:
    return group.use in ("matrix", "experts") and _fits(group, packed)


def _fits(group: WeightGroup, packed: dict[str, int]) -> bool:
    rows = packed.get(group.type)
    return rows is not None and group.rows_together % rows == 0


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
