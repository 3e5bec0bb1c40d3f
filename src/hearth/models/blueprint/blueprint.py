"""A model as facts, metadata and a tensor table: a GGUF file but for types and weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hearth.models.blueprint.facts import ModelFacts, scaled_facts
from hearth.models.blueprint.metadata import metadata_of
from hearth.models.blueprint.tensors import TensorShape, tensor_table
from hearth.models.gguf.metadata import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A model that has shapes and no weights.

    Args:
        name: What files made from it call themselves.
        metadata: Keys and values of the header, without the file type.
        tensors: In the order in which a file has them.
    """

    name: str
    facts: ModelFacts
    metadata: Mapping[str, Value]
    tensors: tuple[TensorShape, ...]

    @property
    def architecture(self) -> str:
        """Name of the family, as llama.cpp calls it."""
        return self.facts.architecture

    @property
    def num_parameters(self) -> int:
        """Weights of all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)

    def scaled(self, **sizes: int) -> Blueprint:
        """Return the same architecture in another size.

        Args:
            sizes: Any of num_layers, width, num_heads, num_kv_heads, head_size, feed_forward,
                vocab_size, context_length, num_experts, num_experts_used, expert_feed_forward,
                shared_feed_forward and window. What follows from the width and is not given
                (heads, feed-forward, experts' width, recurrent state) keeps its proportion.

        Raises:
            InvalidRequest: A size is unknown, below one, or cannot go with the others.
        """
        return blueprint(scaled_facts(self.facts, **sizes), name=self.name)


def blueprint(facts: ModelFacts, *, name: str = "") -> Blueprint:
    """Return the blueprint of a model.

    Args:
        facts: Its sizes.
        name: What files made from it call themselves; by default the architecture.

    Raises:
        InvalidRequest: There is no tensor table for the architecture, or its sizes clash.
    """
    named = name or facts.architecture
    return Blueprint(
        name=named,
        facts=facts,
        metadata=metadata_of(named, facts),
        tensors=tensor_table(facts),
    )
