"""What became of one tensor: the same bytes, other numbers, another type or shape."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hearth.errors import InvalidRequest
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.inside.difference import Difference, reordered
from hearth.models.inside.numbers import (
    PIECE_ELEMENTS,
    Numbers,
    read_bytes,
    read_numbers,
    unpacker,
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


def compare_tensors(
    before: OpenModel, first: TensorEntry, after: OpenModel, second: TensorEntry, name: str
) -> TensorChange:
    """Compare two tensors; what cannot be unpacked is "unknown" unless the bytes are the same.

    Raises:
        BadModelFile: A file became shorter while it was read.
    """
    found = TensorChange(
        name=name,
        state="changed",
        type_before=first.type,
        type_after=second.type,
        shape_before=first.shape,
        shape_after=second.shape,
    )
    if _squeezed(first) != _squeezed(second):
        return replace(found, state="reshaped")
    try:
        if _same_bytes(before, first, after, second):
            return replace(found, state="same", relative_error=0.0, cosine=1.0, changed_part=0.0)
        measured = Difference.of(_pairs(before, first, after, second))
    except InvalidRequest as error:
        return replace(found, state="unknown", note=error.message)
    note = None
    if before.card.format != after.card.format and (measured.relative_error or 0.0) > UNRELATED:
        measured, note = _as_converted(before, first, after, second, measured)
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


def _squeezed(tensor: TensorEntry) -> tuple[int, ...]:
    return tuple(size for size in tensor.shape if size != 1)


def _same_bytes(
    before: OpenModel, first: TensorEntry, after: OpenModel, second: TensorEntry
) -> bool:
    if (first.type, first.size_bytes) != (second.type, second.size_bytes):
        return False
    one = read_bytes(before.files.source(first.file), first)
    other = read_bytes(after.files.source(second.file), second)
    return all(mine == theirs for mine, theirs in zip(one, other, strict=True))


def _pairs(
    before: OpenModel,
    first: TensorEntry,
    after: OpenModel,
    second: TensorEntry,
    piece_elements: int = PIECE_ELEMENTS,
) -> Iterator[tuple[Numbers, Numbers]]:
    unpacker(first), unpacker(second)  # both can be, or nothing is read
    return zip(
        read_numbers(before.files.source(first.file), first, piece_elements),
        read_numbers(after.files.source(second.file), second, piece_elements),
        strict=True,
    )


def _as_converted(
    before: OpenModel,
    first: TensorEntry,
    after: OpenModel,
    second: TensorEntry,
    plainly: Difference,
) -> tuple[Difference, str | None]:
    """Undo what converters to GGUF do to some tensors, if that is what happened here."""
    for explained, note in (
        (_with_rows_reordered(before, first, after, second), "rows reordered by the converter"),
        (_with_one_added(before, first, after, second), "the converter adds 1"),
    ):
        if explained is not None and (explained.relative_error or 0.0) < UNRELATED:
            return explained, note
    return plainly, None


def _with_rows_reordered(
    before: OpenModel, first: TensorEntry, after: OpenModel, second: TensorEntry
) -> Difference | None:
    num_heads = _num_heads(before.card, first)
    shape = _squeezed(first)
    if not num_heads or len(shape) != 2 or shape[0] % (2 * num_heads):
        return None
    head_size, width = shape[0] // num_heads, shape[1]
    # Whole heads on both sides, and whole blocks.
    piece_elements = math.lcm(head_size * width, MOST_BLOCK)
    pairs = _pairs(before, first, after, second, piece_elements)
    is_gguf_first = before.card.format == "gguf"
    ours = ((pair[1], pair[0]) if is_gguf_first else pair for pair in pairs)

    def both() -> Iterator[tuple[Numbers, Numbers]]:
        for torch_piece, gguf_piece in ours:
            (moved,) = reordered([torch_piece], head_size, width)
            yield (gguf_piece, moved) if is_gguf_first else (moved, gguf_piece)

    return Difference.of(both())


def _num_heads(card: ModelCard, tensor: TensorEntry) -> int | None:
    if "attn_q" in tensor.name or "q_proj" in tensor.name:
        return card.num_heads
    if "attn_k" in tensor.name or "k_proj" in tensor.name:
        return card.num_kv_heads
    return None


def _with_one_added(
    before: OpenModel, first: TensorEntry, after: OpenModel, second: TensorEntry
) -> Difference | None:
    if len(_squeezed(first)) != 1 or "norm" not in first.name:
        return None
    added = 1.0 if before.card.format != "gguf" else -1.0
    return Difference.of(
        (one + added, other) for one, other in _pairs(before, first, after, second)
    )
