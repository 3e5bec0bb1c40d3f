"""Name a model's quantization from its tensors: what the file holds, not what it says it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hearth.models.gguf.tensors import TensorInfo

# `general.file_type` to the name that people know, where the tensors alone cannot tell the mixes
# of K-quants apart. Source: llama_ftype in llama.h.
FILE_TYPES = {
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    21: "Q2_K_S",
    22: "IQ3_XS",
    27: "IQ3_M",
    29: "IQ2_M",
    38: "MXFP4_MOE",
}


def bits_per_weight(tensors: Iterable[TensorInfo]) -> float:
    """Return the mean number of bits per weight over all tensors."""
    listed = list(tensors)
    num_weights = sum(tensor.num_elements for tensor in listed)
    return 8 * sum(tensor.size_bytes for tensor in listed) / num_weights if num_weights else 0.0


def quantization_name(tensors: Iterable[TensorInfo], file_type: object) -> str:
    """Return the name of the type that most weights have, as a known mix where the header agrees.

    Args:
        tensors: All tensors of the model.
        file_type: The header's `general.file_type`; believed only if it fits the tensors.
    """
    weights: Counter[str] = Counter()
    for tensor in tensors:
        weights[tensor.type.name] += tensor.num_elements
    if not weights:
        return "none"
    most = weights.most_common(1)[0][0]
    mix = FILE_TYPES.get(file_type) if isinstance(file_type, int) else None
    base = mix.rpartition("_")[0] if mix else most  # "Q4_K" of "Q4_K_M", "IQ3" of "IQ3_XS"
    return mix if mix and any(name.startswith(base) for name in weights) else most
