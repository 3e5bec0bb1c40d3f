"""The tensor table in short: what lies where, by layer, type and use.

A plan needs to know which weights a device holds and which ones the processor rearranges. For
that, a tensor's name says how it is used and its shape whether it can be rearranged; tensors that
are alike in all this are added up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.tensors import TensorInfo

ROWS_TOGETHER = 32  # the most rows that any processor's own order interleaves

_LAYER = re.compile(r"blk\.(\d+)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightGroup:
    """Tensors of one file that are alike.

    Args:
        file: Number of the file, from 0.
        layer: Number of the layer; None for what belongs to none.
        type: Name of the tensor type, such as "Q4_K".
        use: "matrix" (a token is multiplied by it), "experts" (several, of which some are chosen),
            "lookup" (one row is read), or "other" (added, scaled, or a stack of small matrices).
        role: The tensor's name where it belongs to no layer, else empty.
        rows_together: The largest power of two, up to 32, that divides the number of rows of every
            tensor.
        size_bytes: Of all of them.
        start_byte: Where the first one begins in its file; `end_byte` is where the last one ends.
    """

    file: int
    layer: int | None
    type: str
    use: str
    role: str
    rows_together: int
    size_bytes: int
    start_byte: int
    end_byte: int


def weight_groups(files: Sequence[GgufHeader]) -> tuple[WeightGroup, ...]:
    """Add up the tensors of a model's files that are alike."""
    return tuple(group for number, header in enumerate(files) for group in _groups(number, header))


def _groups(file: int, header: GgufHeader) -> Iterable[WeightGroup]:
    alike: dict[tuple[int | None, str, str, str, int], list[TensorInfo]] = {}
    for tensor in header.tensors:
        found = _LAYER.match(tensor.name)
        layer = int(found[1]) if found else None
        use, role = _use(tensor), "" if found else tensor.name
        key = (layer, tensor.type.name, use, role, _rows_together(tensor))
        alike.setdefault(key, []).append(tensor)
    for (layer, kind, use, role, rows), members in alike.items():
        yield WeightGroup(
            file=file,
            layer=layer,
            type=kind,
            use=use,
            role=role,
            rows_together=rows,
            size_bytes=sum(tensor.size_bytes for tensor in members),
            start_byte=header.data_start + min(tensor.offset for tensor in members),
            end_byte=header.data_start
            + max(tensor.offset + tensor.size_bytes for tensor in members),
        )


def _use(tensor: TensorInfo) -> str:
    if "_embd.weight" in tensor.name or tensor.name.startswith("position_embd"):
        return "lookup"
    dims = sum(size > 1 for size in tensor.shape[1:]) + 1
    if "_exps" in tensor.name and dims == 3 and tensor.name.endswith(".weight"):
        return "experts"
    return "matrix" if dims == 2 and tensor.name.endswith(".weight") else "other"


def _rows_together(tensor: TensorInfo) -> int:
    rows = tensor.shape[1] if len(tensor.shape) > 1 else 1
    return math.gcd(rows, ROWS_TOGETHER)
