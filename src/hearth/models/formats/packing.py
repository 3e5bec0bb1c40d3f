"""Count the weights behind packed tensors: GPTQ, AWQ, bitsandbytes, EXL2, EXL3, MLX and others.

A quantized model keeps several weights in one number, and beside them scales, zero points and
orders that are no weights. Without this, a 7B model in GPTQ would show as one of 1.1B parameters
of 32 bits. What is not recognised counts as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from hearth.models.card import TensorEntry
from hearth.models.formats.documents import number_of, part_of, text_of
from hearth.models.labels import plain

_INT_BITS = 32  # GPTQ, AWQ and MLX pack into integers of this size
_EXL3_TILE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How a model's weights are packed.

    Args:
        method: The format's name ("gptq", "awq", "mlx"), lower case.
        label: What people call it, with its figures ("GPTQ, 4 bits, groups of 128").
        bits: Bits per packed weight, or None when they differ or nobody says.
        group_size: Weights that share one scale, or None.
    """

    method: str
    label: str
    bits: float | None = None
    group_size: int | None = None


def find_packing(config: Mapping[str, Any], *, other: Mapping[str, Any]) -> Packing | None:
    """Return how a model is packed, from its configuration; None when it is not.

    Args:
        config: The parsed `config.json`.
        other: What older programs kept beside it (`quantize_config.json`), or empty.
    """
    named = part_of(config.get("quantization_config") or config.get("compression_config")) or other
    method = text_of(named.get("quant_method"))
    if method is None and (mlx := part_of(config.get("quantization"))):
        method, named = "mlx", mlx
    if method is None and "w_bit" in named:
        method = "awq"
    if method is None and "bits" in named:
        method = "gptq"
    if method is None:
        return None
    method = plain(method, 40).lower()
    if method == "bitsandbytes":
        return _bitsandbytes(named)
    bits = _bits(named)
    group_size = number_of(named.get("group_size", named.get("q_group_size")))
    parts = [method.upper() if len(method) <= 5 else method]
    parts += [f"{bits:g} bits"] if bits is not None else []
    parts += [f"groups of {group_size}"] if group_size is not None else []
    return Packing(method=method, label=", ".join(parts), bits=bits, group_size=group_size)


def _bits(named: Mapping[str, Any]) -> float | None:
    value = named.get("bits", named.get("w_bit"))
    if value is None:  # compressed-tensors: one group of settings per kind of layer
        for group in part_of(named.get("config_groups")).values():
            value = part_of(part_of(group).get("weights")).get("num_bits", value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 16:
        return None
    return float(value)


def _bitsandbytes(named: Mapping[str, Any]) -> Packing:
    if named.get("load_in_8bit") is True:
        return Packing(method="bitsandbytes", label="bitsandbytes, 8 bits", bits=8.0)
    kind = plain(text_of(named.get("bnb_4bit_quant_type")) or "fp4", 10).upper()
    double = ", scales quantized too" if named.get("bnb_4bit_use_double_quant") is True else ""
    return Packing(method="bitsandbytes", label=f"bitsandbytes, {kind}{double}", bits=4.0)


def count_weights(tensors: Sequence[TensorEntry], packing: Packing) -> tuple[TensorEntry, ...]:
    """Return the tensors with the number of weights that each one holds.

    Args:
        tensors: All tensors of the model, because scales stand beside what they scale.
        packing: How they are packed.
    """
    counter = _COUNTERS.get(packing.method)
    if counter is None:
        return tuple(tensors)
    by_name = {tensor.name: tensor for tensor in tensors}
    return tuple(
        tensor if (count := counter(tensor, by_name, packing)) is None else _with(tensor, count)
        for tensor in tensors
    )


def _with(tensor: TensorEntry, num_weights: int) -> TensorEntry:
    return replace(tensor, num_weights=num_weights)


_Siblings = Mapping[str, TensorEntry]
_Counter = Callable[[TensorEntry, _Siblings, Packing], int | None]


def _split(name: str) -> tuple[str, str]:
    module, _, last = name.rpartition(".")
    return module, last


def _in_integers(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count GPTQ and AWQ: 32 / bits weights in each integer."""
    module, last = _split(tensor.name)
    if f"{module}.qweight" not in siblings:
        return None
    if last == "qweight" and packing.bits:
        return int(math.prod(tensor.shape) * _INT_BITS / packing.bits)
    return 0 if last in ("qzeros", "scales", "g_idx") else None


def _exl2(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count EXL2: rows of mixed sizes; their number is the length of the order they are in."""
    module, last = _split(tensor.name)
    order = siblings.get(f"{module}.q_invperm") or siblings.get(f"{module}.q_perm")
    if order is None or not order.shape or not tensor.shape or not last.startswith("q_"):
        return None
    return order.shape[0] * tensor.shape[-1] if last == "q_weight" else 0


def _exl3(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count EXL3: tiles of 16 by 16 weights."""
    module, last = _split(tensor.name)
    if f"{module}.trellis" not in siblings:
        return None
    if last == "trellis":
        return math.prod(tensor.shape[:2]) * _EXL3_TILE**2
    return 0 if last in ("suh", "svh", "su", "sv", "mcg", "mul1") else None


def _four_bit_bytes(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count bitsandbytes: two weights in a byte, and tables whose names begin with the weight's."""
    weight, found, _ = tensor.name.partition(".weight.")
    if found and f"{weight}.weight" in siblings:
        return 0
    if tensor.name.endswith((".SCB", ".weight_format")):
        return 0
    packed = tensor.type == "U8" and f"{tensor.name}.absmax" in siblings
    return 2 * tensor.num_weights if packed else None


def _mlx(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count MLX: each scale stands for one group of weights."""
    module, last = _split(tensor.name)
    weight, scales = siblings.get(f"{module}.weight"), siblings.get(f"{module}.scales")
    if weight is None or scales is None or weight.type != "U32":
        return None
    if last == "weight" and packing.group_size:
        return scales.num_weights * packing.group_size
    return 0 if last in ("scales", "biases") else None


def _beside_weights(tensor: TensorEntry, siblings: _Siblings, packing: Packing) -> int | None:
    """Count FP8, compressed-tensors and MXFP4, which name scales after their weights."""
    _, last = _split(tensor.name)
    if last == "weight_packed":
        stored = 8 * tensor.size_bytes
        return int(stored / packing.bits) if packing.bits else None
    if last.endswith("_blocks"):  # MXFP4: two weights in a byte
        return 2 * tensor.num_weights
    is_extra = last.endswith(("_scale", "_scales", "_scale_inv", "_zero_point", "_g_idx"))
    return 0 if is_extra or last in ("weight_shape", "weight_global_scale") else None


_COUNTERS: Mapping[str, _Counter] = MappingProxyType(
    {
        "gptq": _in_integers,
        "awq": _in_integers,
        "exl2": _exl2,
        "exl3": _exl3,
        "bitsandbytes": _four_bit_bytes,
        "mlx": _mlx,
        "fp8": _beside_weights,
        "fbgemm_fp8": _beside_weights,
        "compressed-tensors": _beside_weights,
        "modelopt": _beside_weights,
        "mxfp4": _beside_weights,
    }
)
