"""What differs between two models: what they say of themselves, and their weights.

Both may be of any format whose numbers can be read, a GGUF against the safetensors that it was made
of among them. Weights are streamed, so that two models of any size take little memory and the time
of reading both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hearth.models.card import TensorEntry
from hearth.models.inside.metadata_diff import MetadataChange, compare_metadata
from hearth.models.inside.names import common_name
from hearth.models.inside.tensor_diff import Side, TensorChange, compare_tensors
from hearth.models.inside.verdict import verdict
from hearth.models.opening import OpenModel

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDiff:
    """What differs between two models.

    Args:
        before: Name of the first, `after` that of the second.
        metadata: Entries that differ.
        tensors: Every tensor that one of them has, in the order of the first model.
        relative_error: Of all changed tensors as one; None when none was compared.
        verdict: What all this means, as sentences.
    """

    before: str
    after: str
    metadata: tuple[MetadataChange, ...]
    tensors: tuple[TensorChange, ...]
    relative_error: float | None
    verdict: tuple[str, ...]


def compare(
    before: OpenModel,
    after: OpenModel,
    *,
    weights: bool = True,
    on_progress: Progress = lambda part: None,
) -> ModelDiff:
    """Compare two models.

    Args:
        before: What the second is measured by: the base of a fine-tune, the original of a
            quantization.
        after: The second.
        weights: False compares the headers alone: names, types and shapes.
        on_progress: Told how much is done, 0 to 1.

    Raises:
        BadModelFile: A file became shorter while it was read.
    """
    tensors = tuple(_tensors(before, after, weights, on_progress))
    metadata = compare_metadata(before, after)
    error = _overall(tensors)
    return ModelDiff(
        before=before.card.name,
        after=after.card.name,
        metadata=metadata,
        tensors=tensors,
        relative_error=error,
        verdict=verdict(before.card, after.card, tensors, error),
    )


def _tensors(
    before: OpenModel, after: OpenModel, weights: bool, on_progress: Progress
) -> Iterator[TensorChange]:
    first_name = common_name(before.card, after.card)
    second_name = common_name(after.card, before.card)
    waiting = {second_name(tensor.name): tensor for tensor in after.card.tensors}
    total_bytes = sum(tensor.size_bytes for tensor in before.card.tensors) or 1
    done_bytes = 0
    for tensor in before.card.tensors:
        name = first_name(tensor.name)
        other = waiting.pop(name, None)
        if other is None:
            yield _only(tensor, name, "removed")
        elif weights:
            first, second = Side(model=before, tensor=tensor), Side(model=after, tensor=other)
            yield compare_tensors(first, second, name)
        else:
            yield _by_header(tensor, other, name)
        done_bytes += tensor.size_bytes
        on_progress(done_bytes / total_bytes)
    for name, tensor in waiting.items():
        yield _only(tensor, name, "added")


def _only(tensor: TensorEntry, name: str, state: str) -> TensorChange:
    if state == "removed":
        return TensorChange(
            name=name, state=state, type_before=tensor.type, shape_before=tensor.shape
        )
    return TensorChange(name=name, state=state, type_after=tensor.type, shape_after=tensor.shape)


def _by_header(before: TensorEntry, after: TensorEntry, name: str) -> TensorChange:
    return TensorChange(
        name=name,
        state="unknown" if before.shape == after.shape else "reshaped",
        type_before=before.type,
        type_after=after.type,
        shape_before=before.shape,
        shape_after=after.shape,
    )


def _overall(tensors: tuple[TensorChange, ...]) -> float | None:
    compared = [each for each in tensors if each.relative_error is not None]
    measured = sum(each.before_squares for each in compared)
    if not compared:
        return None
    return math.sqrt(sum(each.squares for each in compared) / measured) if measured else 0.0
