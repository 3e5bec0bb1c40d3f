"""Shapes of models that people name, and of models of which only a size is known.

A claim says "70B" or "Mixtral 8x7B" where a file would have a tensor table. What is not said is
taken from the known model nearest in size, and `assumed` says so.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

from hearth.models.blueprint import Blueprint, PublicModel, public_models
from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.layers import LayerCache
from hearth.plan.shape import FLOPS_PER_WEIGHT, LayerShape, ModelShape

FEED_FORWARD_MATRICES = 3  # gate, up, down
LEAST_COMMON_SHARE = 0.2  # of the weights that a token uses: attention and embeddings, no expert


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """Facts of a model's config.json, as arithmetic on claims wants them.

    Args:
        num_parameters: As published, or as claimed.
        expert_weights: Of all experts together, where a claim tells; None: as the shape has it.
        assumed: Name of the model whose geometry was borrowed; None where it is the model's own.
    """

    names: tuple[str, ...]
    num_parameters: float
    num_layers: int
    width: int
    num_heads: int
    num_kv_heads: int
    head_size: int
    feed_forward: int
    vocab_size: int
    context_length: int
    source: str
    num_experts: int = 0
    num_experts_used: int = 0
    expert_feed_forward: int = 0
    num_shared_experts: int = 0
    num_dense_layers: int = 0
    window: int | None = None
    full_every: int = 1
    latent: int | None = None
    attention_weights: int | None = None
    tied: bool = False
    expert_weights: float | None = None
    assumed: str | None = None

    @property
    def name(self) -> str:
        """The name of its repository, less the publisher's."""
        return self.source.rpartition("/")[2]

    @property
    def embedding_weights(self) -> int:
        """Weights of one embedding matrix."""
        return self.vocab_size * self.width

    @property
    def computed_parameters(self) -> float:
        """Weights as they follow from the shape."""
        return self._common_weights + self._num_expert_layers * self._layer_experts

    @property
    def active_parameters(self) -> float:
        """Weights used for one token, the input embeddings counted in as model cards do."""
        used = self.num_experts_used / self.num_experts if self.num_experts else 0.0
        return self.num_parameters - self._experts * (1 - used)

    @property
    def kv_numbers(self) -> int:
        """Numbers that all layers together keep for a token, windows apart."""
        return self.num_layers * sum(self._row)

    def shape(self, bits: float) -> ModelShape:
        """Return the shape with every weight at so many bits."""
        layers = tuple(self._layer(index, bits) for index in range(self.num_layers))
        output_weights = self._scale * self.embedding_weights
        output = LayerShape(weights=output_weights, weight_bytes=output_weights * bits / 8)
        return ModelShape(
            name=self.name,
            num_parameters=self.num_parameters,
            layers=layers,
            output=output,
            weight_bytes=self.num_parameters * bits / 8,
            width=self.width,
            vocab_size=self.vocab_size,
            num_experts=self.num_experts,
            num_experts_used=self.num_experts_used,
            window=self.window,
            context_length=None if self.assumed else self.context_length,
        )

    @property
    def _common_weights(self) -> int:
        layers = sum(self._layer_weights(index) for index in range(self.num_layers))
        return layers + self.embedding_weights * (1 if self.tied else 2)

    @property
    def _experts(self) -> float:
        """Weights of all experts, made to add up with the rest to the published number."""
        if self.expert_weights is not None:
            return self.expert_weights
        share = self._num_expert_layers * self._layer_experts / self.computed_parameters
        return share * self.num_parameters

    @property
    def _scale(self) -> float:
        """What the computed weights outside the experts are multiplied by, to add up."""
        return (self.num_parameters - self._experts) / self._common_weights

    @property
    def _num_expert_layers(self) -> int:
        return self.num_layers - self.num_dense_layers if self.num_experts else 0

    @property
    def _layer_experts(self) -> int:
        return self.num_experts * self._one_expert

    @property
    def _one_expert(self) -> int:
        return FEED_FORWARD_MATRICES * self.width * self.expert_feed_forward

    @property
    def _row(self) -> tuple[int, int]:
        if self.latent is not None:
            return self.latent, 0
        return self.num_kv_heads * self.head_size, self.num_kv_heads * self.head_size

    def _has_experts(self, index: int) -> bool:
        return bool(self.num_experts) and index >= self.num_dense_layers

    def _layer_weights(self, index: int) -> int:
        heads = 2 * self.num_heads + 2 * self.num_kv_heads
        attention = self.attention_weights or self.width * heads * self.head_size
        if self._has_experts(index):
            router = self.width * self.num_experts
            return attention + router + self.num_shared_experts * self._one_expert
        return attention + FEED_FORWARD_MATRICES * self.width * self.feed_forward

    def _layer(self, index: int, bits: float) -> LayerShape:
        weights = self._scale * self._layer_weights(index)
        experts = self._experts / self._num_expert_layers if self._has_experts(index) else 0.0
        keys, values = self._row
        windowed = self.window is not None and (index + 1) % self.full_every != 0
        attention = FLOPS_PER_WEIGHT * self.num_heads * self.head_size * 2
        if self.latent is not None:
            attention = FLOPS_PER_WEIGHT * self.num_heads * self.latent * 2
        return LayerShape(
            weights=weights,
            weight_bytes=weights * bits / 8,
            expert_weights=experts,
            expert_bytes=experts * bits / 8,
            cache=LayerCache(key_width=keys, value_width=values, windowed=windowed),
            attention_flops=attention,
        )


@functools.cache
def known_models() -> tuple[KnownModel, ...]:
    """Return all models that people name, the smallest first."""
    return tuple(_known(model) for model in public_models() if model.names)


def _known(model: PublicModel) -> KnownModel:
    facts, latent = model.facts, model.facts.latent
    rule = architectures().sliding_window.get(facts.architecture)
    return KnownModel(
        names=model.names,
        num_parameters=model.num_parameters,
        num_layers=facts.num_layers,
        width=facts.width,
        num_heads=facts.num_heads,
        num_kv_heads=1 if latent else facts.num_kv_heads,
        head_size=facts.head_size,
        feed_forward=facts.feed_forward,
        vocab_size=facts.vocab_size,
        context_length=facts.context_length,
        source=model.repository,
        num_experts=facts.num_experts,
        num_experts_used=facts.num_experts_used,
        expert_feed_forward=facts.expert_feed_forward,
        num_shared_experts=facts.shared_feed_forward // max(facts.expert_feed_forward, 1),
        num_dense_layers=facts.num_dense_layers,
        window=facts.window or None,
        full_every=rule.every if rule else 1,
        latent=latent.rank + latent.rotary_size if latent else None,
        attention_weights=_latent_attention(model.blueprint) if latent else None,
        tied=facts.is_tied,
    )


def _latent_attention(model: Blueprint) -> int:
    """Return the weights of one layer's attention, which has a shape of its own."""
    return sum(
        math.prod(tensor.shape)
        for tensor in model.tensors
        if tensor.name.startswith("blk.0.attn_") and not tensor.name.endswith("_norm.weight")
    )


def like_known(num_parameters: float, active_parameters: float | None = None) -> KnownModel:
    """Return a model of a given size with the geometry of the known one nearest to it.

    Args:
        num_parameters: All weights.
        active_parameters: Those used for one token, for a mixture of experts; None means dense.
    """
    has_experts = active_parameters is not None and active_parameters < num_parameters
    candidates = [model for model in known_models() if bool(model.num_experts) == has_experts]
    nearest = min(candidates, key=lambda one: abs(math.log(one.num_parameters / num_parameters)))
    made = replace(nearest, num_parameters=num_parameters, assumed=nearest.name)
    if active_parameters is None or not has_experts:
        return made
    return _with_active(made, active_parameters)


def _with_active(model: KnownModel, active_parameters: float) -> KnownModel:
    """Divide the weights between experts and the rest so that a token uses as many as stated."""
    total = model.num_parameters
    used = model.num_experts_used / model.num_experts
    experts = (total - active_parameters) / (1 - used)
    common = active_parameters - experts * used
    if common < active_parameters * LEAST_COMMON_SHARE:  # more, and smaller, experts than assumed
        common = active_parameters * LEAST_COMMON_SHARE
        experts = total - common
        num_experts = max(2, round(model.num_experts_used * experts / (active_parameters - common)))
        model = replace(model, num_experts=num_experts)
    return replace(model, expert_weights=experts)
