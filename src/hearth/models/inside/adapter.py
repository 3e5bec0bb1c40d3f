"""What a LoRA adapter does to its base: which tensors it changes, and by how much.

An adapter adds scale x B A to a matrix W, with scale = alpha / rank. The length of that product is
found without computing it: |B A|^2 is the trace of (B^T B)(A A^T), two matrices of rank x rank.

That the adapter fits its base is checked first, for an engine that is given another model's
adapter at best fails late (`AdapterIncompatible`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearth.errors import AdapterIncompatible, InvalidRequest
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.inside.names import common_name
from hearth.models.inside.numbers import read_numbers
from hearth.models.labels import plain
from hearth.models.opening import OpenModel

MAX_ELEMENTS = 2**26  # of one thin matrix: a rank of 256 for a vocabulary of 262,144

_PART = re.compile(
    r"(?P<stem>.+)\.lora_(?:embedding_)?(?P<part>[ab])(?:\.default)?(?:\.weight)?", re.IGNORECASE
)
_PREFIX = "base_model.model."

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterPair:
    """The two thin matrices for one tensor of the base: `down` of rank x in, `up` of out x rank."""

    base: TensorEntry
    down: TensorEntry
    up: TensorEntry

    @property
    def rank(self) -> int:
        """Rank of the change."""
        return self.down.shape[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterChange:
    """What an adapter does to one tensor.

    Args:
        relative_change: Length of the change over the length of the tensor; None where the base's
            numbers cannot be read.
    """

    name: str
    rank: int
    relative_change: float | None


def check_adapter(base: OpenModel, adapter: OpenModel) -> tuple[AdapterPair, ...]:
    """Find what an adapter changes in a base.

    Raises:
        AdapterIncompatible: It was made for another model; the first mismatch is named.
        BadModelFile: A file became shorter while it was read.
    """
    facts = adapter.card.adapter
    if facts is None or facts.method != "lora" or adapter.card.format not in ("gguf", "peft"):
        raise _incompatible(adapter.card, "it is no LoRA adapter of PEFT or in a GGUF")
    theirs, ours = adapter.card.architecture, base.card.architecture
    if adapter.card.format == base.card.format == "gguf" and theirs != ours:
        raise _incompatible(adapter.card, f"it was made for {theirs}, and the model is {ours}")
    pairs = _pairs(base.card, adapter.card)
    for pair in pairs:
        for tensor in (pair.down, pair.up):
            if not np.isfinite(_matrix(adapter, tensor)).all():
                raise _incompatible(adapter.card, f"{tensor.name} holds what is no number")
    return pairs


def adapter_changes(base: OpenModel, adapter: OpenModel) -> tuple[AdapterChange, ...]:
    """Say how much an adapter changes each tensor of its base; see `check_adapter`."""
    pairs = check_adapter(base, adapter)
    alpha = adapter.card.adapter.alpha if adapter.card.adapter else None
    return tuple(
        AdapterChange(
            name=pair.base.name,
            rank=pair.rank,
            relative_change=_relative_change(base, adapter, pair, alpha),
        )
        for pair in pairs
    )


def _pairs(base: ModelCard, adapter: ModelCard) -> tuple[AdapterPair, ...]:
    named = _by_common_name(base, adapter)
    rename = common_name(adapter, base)
    halves: dict[str, dict[str, TensorEntry]] = {}
    for tensor in adapter.tensors:
        found = _PART.fullmatch(tensor.name)
        if found is None:
            raise _incompatible(adapter, f"{tensor.name} is no part of a LoRA adapter")
        stem = found["stem"].removeprefix(_PREFIX)
        whole = stem if adapter.format == "gguf" else f"{stem}.weight"
        halves.setdefault(rename(whole), {})[found["part"].lower()] = tensor
    if not halves:
        raise _incompatible(adapter, "it changes nothing")
    return tuple(_pair(adapter, name, named.get(name), parts) for name, parts in halves.items())


def _by_common_name(base: ModelCard, adapter: ModelCard) -> dict[str, TensorEntry]:
    rename = common_name(base, adapter)
    return {rename(tensor.name): tensor for tensor in base.tensors}


def _pair(
    adapter: ModelCard, name: str, base: TensorEntry | None, parts: dict[str, TensorEntry]
) -> AdapterPair:
    if base is None:
        raise _incompatible(adapter, f"it changes {name}, which the model does not have")
    if set(parts) != {"a", "b"}:
        raise _incompatible(adapter, f"of its two matrices for {name} one is missing")
    down, up = parts["a"], parts["b"]
    if len(down.shape) != 2 or len(up.shape) != 2 or down.shape[0] != up.shape[1]:
        raise _incompatible(
            adapter, f"its matrices for {name} have the shapes {down.shape} and {up.shape}"
        )
    change = (up.shape[0], down.shape[1])
    # Embeddings are rows to look up, not a matrix to multiply with: their change is transposed.
    is_embedding = "embd" in name or "embed" in name
    if base.shape != change and not (is_embedding and base.shape == change[::-1]):
        raise _incompatible(
            adapter, f"it changes {name} as {change}, and the model has {base.shape}"
        )
    return AdapterPair(base=base, down=down, up=up)


def _relative_change(
    base: OpenModel, adapter: OpenModel, pair: AdapterPair, alpha: float | None
) -> float | None:
    down, up = _matrix(adapter, pair.down), _matrix(adapter, pair.up)
    scale = alpha / pair.rank if alpha else 1.0
    change = scale * math.sqrt(max(float(np.trace((up.T @ up) @ (down @ down.T))), 0.0))
    try:
        pieces = read_numbers(base.files.source(pair.base.file), pair.base)
        squares = sum(float(np.square(piece, dtype=np.float64).sum()) for piece in pieces)
    except InvalidRequest:
        return None
    return change / math.sqrt(squares) if squares else None


def _matrix(adapter: OpenModel, tensor: TensorEntry) -> Matrix:
    if math.prod(tensor.shape) > MAX_ELEMENTS:
        raise _incompatible(adapter.card, f"{tensor.name} has the shape {tensor.shape}")
    pieces = list(read_numbers(adapter.files.source(tensor.file), tensor))
    return np.concatenate(pieces).astype(np.float64).reshape(tensor.shape)


def _incompatible(card: ModelCard, reason: str) -> AdapterIncompatible:
    return AdapterIncompatible(
        f"The adapter {plain(card.name)} does not fit this model: {plain(reason, 300)}.",
        hint="`hearth models show ADAPTER` names the model that it was made for.",
    )
