"""What the differences of two models mean, in sentences that say no more than was measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from hearth.models.card import ModelCard
from hearth.models.inside.tensor_diff import TensorChange

MANY = 5  # names that are listed before the rest is only counted
UNRELATED_COSINE = 0.2
QUANTIZED_ERROR = 0.5  # no usable quantization is further from its original

_LAYER = re.compile(r"(?:blk|layers|h|blocks)\.(\d+)\.")


def verdict(
    before: ModelCard,
    after: ModelCard,
    tensors: Sequence[TensorChange],
    relative_error: float | None,
) -> tuple[str, ...]:
    """Say what became of a model.

    Args:
        before: The first model.
        after: The second.
        tensors: What became of each tensor.
        relative_error: Of all changed tensors as one.
    """
    states = Counter(each.state for each in tensors)
    said: list[str] = []
    if before.architecture != after.architecture and before.format == after.format:
        said.append(f"Another architecture: {before.architecture} became {after.architecture}.")
    if states["same"] == len(tensors):
        return (*said, f"All {len(tensors)} tensors are the same, number for number.")
    said += _retyped(tensors)
    said += _trained(after, tensors)
    said += _shapes(tensors)
    said += _missing(tensors, "removed", "The second lacks")
    said += _missing(tensors, "added", "Only the second has")
    if states["unknown"]:
        said.append(f"{_tensors(states['unknown'])} were not compared number by number.")
    if relative_error:
        said.append(f"The changed tensors as one: relative error {relative_error:.3%}.")
    return tuple(said)


def _retyped(tensors: Sequence[TensorChange]) -> list[str]:
    """Speak of what was stored anew in another type: quantized, or unpacked."""
    found = [
        each
        for each in tensors
        if each.type_before != each.type_after and each.type_before and each.type_after
    ]
    if not found:
        return []
    ways = Counter((each.type_before, each.type_after) for each in found)
    listed = ", ".join(f"{count} from {old} to {new}" for (old, new), count in ways.most_common(4))
    said = [f"Stored in another type: {listed}."]
    errors = {each.name: each.relative_error for each in found if each.relative_error}
    if errors:
        worst = max(errors, key=errors.__getitem__)
        said.append(f"Furthest off is {worst}, by {errors[worst]:.3%}.")
        if errors[worst] > QUANTIZED_ERROR:
            said.append("No quantization does that: other weights, or a damaged file.")
    return said


def _trained(after: ModelCard, tensors: Sequence[TensorChange]) -> list[str]:
    """Speak of other numbers in the same type: what training and merging do."""
    alike = [each for each in tensors if each.type_before == each.type_after]
    changed = [each for each in alike if each.state == "changed"]
    if not changed:
        return []
    count = f"{len(changed)} of {len(alike)} tensors of the same type"
    said = [f"{count} hold other numbers{_where(changed)}."]
    cosines = sorted(each.cosine for each in changed if each.cosine is not None)
    if cosines and cosines[len(cosines) // 2] < UNRELATED_COSINE:
        said.append("Most of them are unrelated: these are two different models.")
    elif after.lineage.merged_from:
        listed = ", ".join(after.lineage.merged_from[:MANY])
        said.append(f"The second says that it was merged from {listed}.")
    elif len(changed) < len(alike):
        said.append("The rest is untouched: a part was trained, or merged.")
    else:
        said.append("All of the model was trained, or merged.")
    return said


def _where(changed: Sequence[TensorChange]) -> str:
    layers = sorted({int(found[1]) for each in changed if (found := _LAYER.search(each.name))})
    if not layers:
        return ""
    if len(layers) == 1:
        return f", in layer {layers[0]}"
    return f", in layers {layers[0]} to {layers[-1]}"


def _shapes(tensors: Sequence[TensorChange]) -> list[str]:
    found = [each for each in tensors if each.state == "reshaped"]
    if not found:
        return []
    first = found[0]
    return [
        f"{_tensors(len(found))} have another shape: {first.name} was {first.shape_before} and is "
        f"{first.shape_after}."
    ]


def _missing(tensors: Sequence[TensorChange], state: str, words: str) -> list[str]:
    names = [each.name for each in tensors if each.state == state]
    if not names:
        return []
    rest = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return [f"{words} {', '.join(names[:MANY])}{rest}."]


def _tensors(count: int) -> str:
    return f"{count} tensor" if count == 1 else f"{count} tensors"
