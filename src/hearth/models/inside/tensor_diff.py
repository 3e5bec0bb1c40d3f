"""What became of one tensor: the same bytes, other numbers, another type or shape."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hearth.errors import InvalidRequest
from hearth.models.card import TensorEntry
from hearth.models.inside.difference import Difference, reordered
from hearth.models.inside.numbers import (
    PIECE_ELEMENTS,
    Numbers,
    read_bytes,
    read_numbers,
)
from hearth.models.opening import OpenModel

UNRELATED = 0.5  # a relative error from which on another explanation is tried
MOST_BLOCK = 256  # elements; every type's block divides it


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorChange:
    """What became of one tensor.

    Args:
        name: Its name in both models; where they differ, the GGUF's.
        state: "same", "changed", "reshaped", "unknown" (not compared), "removed" (only the first
            model has it) or "added".
        relative_error: Length of the difference over the length of the first; None if unknown.
        largest_error: Largest difference of one element.
        cosine: Cosine of the angle between the two.
        changed_part: Part of the elements that differ, 0 to 1.
        squares: Sum of the squared differences; `before_squares` that of the first's elements.
        note: What else is to be said, or None.
    """

    name: str
    state: str
    type_before: str | None = None
    type_after: str | None = None
    shape_before: tuple[int, ...] | None = None
    shape_after: tuple[int, ...] | None = None
    relative_error: float | None = None
    largest_error: float | None = None
    cosine: float | None = None
    changed_part: float | None = None
    squares: float = 0.0
    before_squares: float = 0.0
    note: str | None = None

    @property
    def num_elements(self) -> int:
        """Elements of the tensor, of the first model where both have it."""
        return math.prod(self.shape_before or self.shape_after or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two tensors that are compared, with the model that it is of."""

    model: OpenModel
    tensor: TensorEntry

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape without the dimensions of 1, which formats add and drop."""
        return tuple(size for size in self.tensor.shape if size != 1)

    @property
    def is_gguf(self) -> bool:
        """True when it has been through a converter to GGUF."""
        return self.model.card.format == "gguf"

    def raw(self) -> Iterator[bytes]:
        """Yield its bytes."""
        return read_bytes(self.model.files.source(self.tensor.file), self.tensor)

    def numbers(self, piece_elements: int) -> Iterator[Numbers]:
        """Yield its numbers."""
        source = self.model.files.source(self.tensor.file)
        return read_numbers(source, self.tensor, piece_elements)


def compare_tensors(before: Side, after: Side, name: str) -> TensorChange:
    """Compare two tensors; what cannot be unpacked is "unknown" unless the bytes are the same.

    Raises:
        BadModelFile: A file became shorter while it was read.
    """
    found = TensorChange(
        name=name,
        state="changed",
        type_before=before.tensor.type,
        type_after=after.tensor.type,
        shape_before=before.tensor.shape,
        shape_after=after.tensor.shape,
    )
    if before.shape != after.shape:
        return replace(found, state="reshaped")
    try:
        if _same_bytes(before, after):
            return replace(found, state="same", relative_error=0.0, cosine=1.0, changed_part=0.0)
        measured, note = _measured(before, after)
    except InvalidRequest as error:
        return replace(found, state="unknown", note=error.message)
    is_number = measured.relative_error is not None
    return replace(
        found,
        state="changed" if measured.num_changed else "same",
        relative_error=measured.relative_error,
        largest_error=measured.largest,
        cosine=measured.cosine,
        changed_part=measured.num_changed / max(found.num_elements, 1),
        squares=measured.squares if is_number else 0.0,
        before_squares=measured.before_squares if is_number else 0.0,
        note=note,
    )


def _same_bytes(before: Side, after: Side) -> bool:
    first, second = before.tensor, after.tensor
    if (first.type, first.size_bytes) != (second.type, second.size_bytes):
        return False
    return all(mine == theirs for mine, theirs in zip(before.raw(), after.raw(), strict=True))


def _measured(before: Side, after: Side) -> tuple[Difference, str | None]:
    """Measure two tensors; where a converter's work explains their difference, without it."""
    plainly = Difference.of(_pairs(before, after))
    if before.is_gguf == after.is_gguf or (plainly.relative_error or 0.0) <= UNRELATED:
        return plainly, None
    for explained, note in (
        (_with_rows_reordered(before, after), "rows reordered by the converter"),
        (_with_one_added(before, after), "the converter adds 1"),
    ):
        if explained is not None and (explained.relative_error or 0.0) < UNRELATED:
            return explained, note
    return plainly, None


def _pairs(
    before: Side, after: Side, piece_elements: int = PIECE_ELEMENTS
) -> Iterator[tuple[Numbers, Numbers]]:
    return zip(before.numbers(piece_elements), after.numbers(piece_elements), strict=True)


def _with_rows_reordered(before: Side, after: Side) -> Difference | None:
    num_heads = _num_heads(before)
    if not num_heads or len(before.shape) != 2 or before.shape[0] % (2 * num_heads):
        return None
    head_size, width = before.shape[0] // num_heads, before.shape[1]

    def in_gguf_order(side: Side) -> Iterator[Numbers]:
        # Whole heads on both sides, and whole blocks.
        pieces = side.numbers(math.lcm(head_size * width, MOST_BLOCK))
        return pieces if side.is_gguf else reordered(pieces, head_size, width)

    return Difference.of(zip(in_gguf_order(before), in_gguf_order(after), strict=True))


def _num_heads(side: Side) -> int | None:
    name, card = side.tensor.name, side.model.card
    if "attn_q" in name or "q_proj" in name:
        return card.num_heads
    if "attn_k" in name or "k_proj" in name:
        return card.num_kv_heads
    return None


def _with_one_added(before: Side, after: Side) -> Difference | None:
    if len(before.shape) != 1 or "norm" not in before.tensor.name:
        return None
    added = -1.0 if before.is_gguf else 1.0
    return Difference.of((one + added, other) for one, other in _pairs(before, after))
