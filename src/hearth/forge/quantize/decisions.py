"""What a mix makes of a model, tensor by tensor, as the engine decides it, and what that comes to.

The engine is asked and not imitated: `hearth.models.blueprint.mixing` has the same rules for models
that are not here, and a file that is made must be right for every family that the engine knows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hearth.config import Config
from hearth.engine.quantizing import Decided, Wanted, decide_types
from hearth.errors import EngineError
from hearth.forge.quantize.source import SourceModel
from hearth.models.blueprint import Mix
from hearth.models.gguf.header import DEFAULT_ALIGNMENT
from hearth.models.gguf.tensors import TensorInfo, TensorType, tensor_types

UNQUANTIZED = frozenset({"F64", "F32", "F16", "BF16"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a mix makes of a model.

    Args:
        types: The new type of each tensor, by name.
        num_changed: Tensors whose type changes.
        requantized: Types, other than plain numbers, that weights are converted from.
        size_bytes: What the new file will have, but for a few hundred bytes of header.
        num_weights: Weights of all tensors.
    """

    mix: Mix
    types: Mapping[str, str]
    num_changed: int
    requantized: tuple[str, ...]
    size_bytes: int
    num_weights: int

    @property
    def bits_per_weight(self) -> float:
        """Mean bits of a weight in the new file."""
        return 8 * self.size_bytes / self.num_weights

    @property
    def num_by_type(self) -> Mapping[str, int]:
        """How many tensors have each new type, the most frequent first."""
        return dict(Counter(self.types.values()).most_common())


def outcomes(source: SourceModel, mixes: Sequence[Mix], config: Config) -> tuple[Outcome, ...]:
    """Ask the engine what each mix would make of a model.

    Raises:
        EngineError: It refuses the model, or decides about other tensors than the header has.
    """
    tensors = {tensor.name: tensor for header in source.headers for tensor in header.tensors}
    header_bytes = source.headers[0].data_start
    wanted = [Wanted(mix.file_type, mix.is_pure) for mix in mixes]
    decided = decide_types(source.files, wanted, confine=config.confine)
    return tuple(
        _outcome(mix, each, tensors, header_bytes) for mix, each in zip(mixes, decided, strict=True)
    )


def _outcome(
    mix: Mix, decided: Sequence[Decided], tensors: Mapping[str, TensorInfo], header_bytes: int
) -> Outcome:
    if {one.name for one in decided} != set(tensors):
        raise EngineError(
            f"llama.cpp speaks of {len(decided):,} tensors and the header of {len(tensors):,}; "
            "this version of Hearth cannot read what it would do."
        )
    changed = [one for one in decided if one.new != one.old]
    return Outcome(
        mix=mix,
        types={one.name: one.new for one in decided},
        num_changed=len(changed),
        requantized=tuple(sorted({one.old for one in changed} - UNQUANTIZED)),
        size_bytes=header_bytes + sum(_padded(tensors[one.name], one.new) for one in decided),
        num_weights=sum(tensor.num_elements for tensor in tensors.values()),
    )


def _padded(tensor: TensorInfo, kind: str) -> int:
    """Return the bytes of a tensor in another type, up to where the next one may begin."""
    size_bytes = _type(kind).row_bytes(tensor.num_elements)
    return math.ceil(size_bytes / DEFAULT_ALIGNMENT) * DEFAULT_ALIGNMENT


def _type(name: str) -> TensorType:
    found = next((kind for kind in tensor_types().values() if kind.name.upper() == name), None)
    if found is None:
        raise EngineError(f"llama.cpp would use the type {name}, which Hearth does not know.")
    return found
