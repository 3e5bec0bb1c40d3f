"""The facts of a model that decide every tensor's shape: what its config.json says, in few words.

Facts can be rescaled: a smaller model of the same architecture keeps its proportions (heads per
width, feed-forward per width, experts used), so that its layers are shaped like real ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hearth.errors import InvalidRequest

EVEN = 256  # widths are rounded to whole blocks of K-quants where they are large enough
LEAST_EVEN = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentAttention:
    """Multi-head latent attention: keys and values are rebuilt from one compressed row.

    Args:
        rank: Numbers of the compressed row, without the rotary part.
        query_rank: Numbers that queries are compressed to; 0: they are not.
        rotary_size: Part of a head that carries the position.
        value_size: Numbers of one head's value.
    """

    rank: int
    rotary_size: int
    value_size: int
    query_rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSpace:
    """A recurrent layer (Mamba, or LFM2's short convolution, which has `conv_kernel` alone).

    Args:
        conv_kernel: Tokens that the convolution looks back over, its own included.
        inner_size: Width inside of the layer.
        state_size: Numbers of the state per channel.
        time_step_rank: Rank of the time step (Mamba), or number of heads (Mamba 2).
        num_groups: Groups that share their input and output projections (Mamba 2).
        is_normed: True where the projections are normalized (Falcon-Mamba).
    """

    conv_kernel: int
    inner_size: int = 0
    state_size: int = 0
    time_step_rank: int = 0
    num_groups: int = 0
    is_normed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The sizes of a model.

    Args:
        architecture: Name of the family, as llama.cpp calls it.
        width: Numbers that go from layer to layer for one token.
        feed_forward: Width of a dense feed-forward layer; 0 where there is none.
        num_dense_layers: Leading layers without experts.
        shared_feed_forward: Width of the expert that every token uses; 0: none.
        window: Tokens that windowed layers look back over; 0: no layer has a window.
        attention_layers: Layers that attend, of a hybrid whose others are recurrent; None: all.
        has_router_bias: True when experts are chosen by a sigmoid with a bias, not by a softmax.
        is_tied: True when the input embeddings are the output matrix, too.
        has_rope_factors: True when the file carries a factor per rotary frequency.
    """

    architecture: str
    num_layers: int
    width: int
    vocab_size: int
    context_length: int
    num_heads: int = 0
    num_kv_heads: int = 0
    head_size: int = 0
    feed_forward: int = 0
    num_experts: int = 0
    num_experts_used: int = 0
    expert_feed_forward: int = 0
    shared_feed_forward: int = 0
    num_dense_layers: int = 0
    window: int = 0
    rope_base: float = 10_000.0
    is_tied: bool = False
    has_rope_factors: bool = False
    has_router_bias: bool = False
    latent: LatentAttention | None = None
    state: StateSpace | None = None
    attention_layers: tuple[int, ...] | None = None

    def attends(self, index: int) -> bool:
        """Say whether a layer has attention."""
        if self.attention_layers is None:
            return self.num_heads > 0
        return index in self.attention_layers

    def has_experts(self, index: int) -> bool:
        """Say whether a layer's feed-forward part is a mixture of experts."""
        return self.num_experts > 0 and index >= self.num_dense_layers


def scaled_facts(facts: ModelFacts, **sizes: int) -> ModelFacts:
    """Return the facts of a model of another size; what is not given keeps its proportion.

    Args:
        facts: The model to start from.
        sizes: Any whole number of `ModelFacts`, by its name.

    Raises:
        InvalidRequest: A size is unknown or below one.
    """
    _check(facts, sizes)
    ratio = sizes.get("width", facts.width) / facts.width
    num_layers = sizes.get("num_layers", facts.num_layers)
    heads = sizes.get("num_heads", max(1, round(facts.num_heads * ratio)) if facts.num_heads else 0)
    made = replace(
        facts,
        num_heads=heads,
        num_kv_heads=_shared_heads(facts, heads),
        feed_forward=_even(facts.feed_forward, ratio),
        expert_feed_forward=_even(facts.expert_feed_forward, ratio),
        shared_feed_forward=_even(facts.shared_feed_forward, ratio),
        num_dense_layers=min(facts.num_dense_layers, num_layers - 1),
        attention_layers=_kept_layers(facts, num_layers),
        state=_scaled_state(facts.state, ratio),
    )
    given: dict[str, Any] = dict(sizes)
    return replace(made, **given)


def _check(facts: ModelFacts, sizes: dict[str, int]) -> None:
    for name, size in sizes.items():
        value = getattr(facts, name, None)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidRequest(
                f"A blueprint has no size {name!r}.",
                hint="For example num_layers, width, num_heads, feed_forward or vocab_size.",
                param=name,
            )
        if size < 1:
            raise InvalidRequest(f"{name} is {size}; at least 1 is possible.", param=name)


def _shared_heads(facts: ModelFacts, heads: int) -> int:
    """Return the key-value heads in proportion: they must divide the heads evenly."""
    if not facts.num_kv_heads:
        return 0
    wanted = max(1, round(facts.num_kv_heads * heads / facts.num_heads))
    return max(count for count in range(1, wanted + 1) if heads % count == 0)


def _even(size: int, ratio: float) -> int:
    if ratio == 1 or not size:
        return size
    size = round(size * ratio)
    step = EVEN if size >= EVEN else LEAST_EVEN
    return max(step, round(size / step) * step)


def _kept_layers(facts: ModelFacts, num_layers: int) -> tuple[int, ...] | None:
    if facts.attention_layers is None:
        return None
    kept = tuple(index for index in facts.attention_layers if index < num_layers)
    return kept or (num_layers - 1,)  # a hybrid without attention is no hybrid


def _scaled_state(state: StateSpace | None, ratio: float) -> StateSpace | None:
    if state is None or not state.inner_size:
        return state
    rank = max(1, round(state.time_step_rank * ratio))
    return replace(state, inner_size=round(state.inner_size * ratio), time_step_rank=rank)
