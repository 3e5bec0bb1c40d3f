"""Tensors by layer and kind, with the bits that each weight takes: where a model spends its bytes.

A tensor belongs to a layer when its name has a number in it ("blk.7.ffn_up.weight",
"model.layers.7.mlp.up_proj.weight"); the rest of its name is its kind. Further numbers are experts,
and one cell holds them all. Bits per weight are `8 * size_bytes / num_weights`: what unpacks a
quantized matrix (scales, zero points) has no weights of its own and counts with its matrix.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hearth.models.card import TensorEntry
from hearth.web import figures
from hearth.web.parts import part

MAX_KINDS = 32
MAX_LAYERS = 256  # a browser draws eight thousand cells without a pause
MAX_OUTSIDE = 12

# Levels of the colour scale: upper end in bits per weight, and the word in the legend.
LEVELS = (
    (2.5, "2"),
    (3.5, "3"),
    (4.75, "4"),
    (5.75, "5"),
    (7.0, "6"),
    (9.0, "8"),
    (17.0, "16"),
    (math.inf, "32"),
)

_LAYER = re.compile(r"(?:^|\.)(\d{1,6})\.")
_EXPERT = re.compile(r"(?<![^.])\d+(?![^.])")
_ENDING = re.compile(r"\.(weight|qweight|trellis)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The tensors of one kind in one layer.

    Args:
        type: How they are stored, several types joined by a plus.
        words: What is said of them where the pointer or the focus is.
    """

    bits: float
    type: str
    words: str

    @property
    def level(self) -> int:
        """The step of the colour scale, from 1 (fewest bits) to 8."""
        return level_of(self.bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """One kind of tensor: a cell for each layer, None where the layer has none of it."""

    kind: str
    size_bytes: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """All that is drawn.

    Args:
        layers: Numbers of the layers, ascending: the columns.
        rows: Kinds of tensors, matrices before vectors.
        outside: Tensors that belong to no layer, the largest first.
        num_left_out: Tensors of layers that are not drawn because there are too many.
    """

    layers: tuple[int, ...]
    rows: tuple[KindRow, ...]
    outside: tuple[TensorEntry, ...]
    num_left_out: int


def level_of(bits: float) -> int:
    """Return the step of the colour scale for a number of bits per weight."""
    return next(i for i, (high, _) in enumerate(LEVELS, start=1) if bits <= high)


def bits_of(tensors: Sequence[TensorEntry]) -> float:
    """Return the bits per weight over some tensors, as they are stored."""
    num_weights = sum(tensor.num_weights for tensor in tensors)
    num_weights = num_weights or sum(math.prod(tensor.shape) for tensor in tensors)
    return 8 * sum(tensor.size_bytes for tensor in tensors) / max(num_weights, 1)


def heat_map(tensors: Iterable[TensorEntry]) -> HeatMap:
    """Sort the tensors of a model by kind and layer."""
    outside: list[TensorEntry] = []
    found: dict[str, dict[int, list[TensorEntry]]] = {}
    for tensor in tensors:
        place = place_of(tensor)
        if place is None:
            outside.append(tensor)
        else:
            layer, kind = place
            found.setdefault(kind, {}).setdefault(layer, []).append(tensor)
    layers = sorted({layer for by_layer in found.values() for layer in by_layer})[:MAX_LAYERS]
    rows = [_row(kind, by_layer, layers) for kind, by_layer in found.items()]
    drawn = _matrices_first(rows, found)[:MAX_KINDS]
    num_drawn = sum(len(found[row.kind].get(layer, ())) for row in drawn for layer in layers)
    num_in_layers = sum(len(group) for kind in found.values() for group in kind.values())
    return HeatMap(
        layers=tuple(layers),
        rows=tuple(drawn),
        outside=tuple(sorted(outside, key=lambda tensor: -tensor.size_bytes)),
        num_left_out=num_in_layers - num_drawn,
    )


def place_of(tensor: TensorEntry) -> tuple[int, str] | None:
    """Return the layer and the kind of a tensor; None for one of no layer."""
    match = _LAYER.search(tensor.name)
    if match is None:
        return None
    kind = _EXPERT.sub("*", tensor.name[match.end() :])
    if not tensor.num_weights:
        kind = kind.rpartition(".")[0] or kind
    return int(match[1]), _ENDING.sub("", kind)


def draw_heat_map(tensors: Sequence[TensorEntry]) -> Markup:
    """Return the heat map, its legend and the tensors outside the layers as HTML."""
    drawn = heat_map(tensors)
    used = {cell.level for row in drawn.rows for cell in row.cells if cell}
    used |= {level_of(bits_of([tensor])) for tensor in drawn.outside[:MAX_OUTSIDE]}
    return part(
        "heat_map",
        map=drawn,
        legend=[(i, word) for i, (_, word) in enumerate(LEVELS, start=1) if i in used],
        outside=[(tensor, bits_of([tensor])) for tensor in drawn.outside[:MAX_OUTSIDE]],
        num_more_outside=max(0, len(drawn.outside) - MAX_OUTSIDE),
        level_of=level_of,
    )


def _row(kind: str, by_layer: dict[int, list[TensorEntry]], layers: Sequence[int]) -> KindRow:
    return KindRow(
        kind=kind,
        size_bytes=sum(tensor.size_bytes for group in by_layer.values() for tensor in group),
        cells=tuple(_cell(by_layer.get(layer)) for layer in layers),
    )


def _cell(group: list[TensorEntry] | None) -> Cell | None:
    if not group:
        return None
    bits = bits_of(group)
    types = "+".join(dict.fromkeys(tensor.type for tensor in group))
    first = group[0]
    shape = " x ".join(f"{length:,}" for length in first.shape)
    shape = f"{len(group)} of {shape}" if len(group) > 1 else shape
    size = figures.size(sum(tensor.size_bytes for tensor in group))
    return Cell(
        bits=bits, type=types, words=f"{first.name}: {types}, {bits:.2f} bits, {shape}, {size}"
    )


def _matrices_first(
    rows: list[KindRow], found: dict[str, dict[int, list[TensorEntry]]]
) -> list[KindRow]:
    """Put vectors (norms, biases) last: they are many names and hardly any bytes."""

    def is_vector(row: KindRow) -> bool:
        return all(len(t.shape) < 2 for group in found[row.kind].values() for t in group)

    return sorted(rows, key=is_vector)
