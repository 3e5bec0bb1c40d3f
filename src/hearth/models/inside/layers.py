"""Join the tensors of layers that are alike, so that a model of 80 layers fits on a page."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hearth.models.card import TensorEntry

_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")

Group = tuple[str, tuple[TensorEntry, ...]]


def join_layers(tensors: Sequence[TensorEntry]) -> list[Group]:
    """Return tensors that differ in one number of their name alone as one group, in order.

    Returns:
        Names such as `blk.{0-29}.attn_q.weight`, with the tensors of each.
    """
    groups: dict[tuple[str, tuple[int, ...], str], list[TensorEntry]] = {}
    for tensor in tensors:
        pattern = _NUMBER.sub("{}", tensor.name, count=1)
        groups.setdefault((pattern, tensor.shape, tensor.type), []).append(tensor)
    return [(_name(pattern, found), tuple(found)) for (pattern, _, _), found in groups.items()]


def _name(pattern: str, tensors: Sequence[TensorEntry]) -> str:
    if len(tensors) == 1:
        return tensors[0].name
    numbers = [int(found[0]) for each in tensors if (found := _NUMBER.search(each.name))]
    return pattern.replace("{}", f"{{{_ranges(sorted(numbers))}}}", 1)


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers in order as `0-3,7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
