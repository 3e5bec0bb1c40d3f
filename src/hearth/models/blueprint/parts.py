"""Parts that the layers of several architectures share, as tensor names and shapes.

Names are those inside of a layer, without `blk.<number>.` before them.
"""

from __future__ import annotations

from hearth.errors import InvalidRequest
from hearth.models.blueprint.facts import ModelFacts, StateSpace

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


def norm(facts: ModelFacts, name: str) -> Shapes:
    """Return a norm as wide as the model."""
    return {f"{name}.weight": (facts.width,)}


def head_norms(facts: ModelFacts) -> Shapes:
    """Return the norms of queries and keys, head by head."""
    return {f"attn_{part}_norm.weight": (facts.head_size,) for part in "qk"}


def attention(facts: ModelFacts) -> Shapes:
    """Return the four matrices of attention."""
    queries, keys = facts.num_heads * facts.head_size, facts.num_kv_heads * facts.head_size
    return {
        "attn_q.weight": (facts.width, queries),
        "attn_k.weight": (facts.width, keys),
        "attn_v.weight": (facts.width, keys),
        "attn_output.weight": (queries, facts.width),
    }


def attention_biases(facts: ModelFacts) -> Shapes:
    """Return the biases of queries, keys and values."""
    queries, keys = facts.num_heads * facts.head_size, facts.num_kv_heads * facts.head_size
    return {"attn_q.bias": (queries,), "attn_k.bias": (keys,), "attn_v.bias": (keys,)}


def feed_forward(facts: ModelFacts, index: int) -> Shapes:
    """Return a feed-forward part with its norm: dense, or experts with their router."""
    before = norm(facts, "ffn_norm")
    if not facts.has_experts(index):
        return before | dense(facts)
    width, shared = facts.width, facts.shared_feed_forward
    shapes = before | experts(facts)
    if facts.has_router_bias:
        shapes["exp_probs_b.bias"] = (facts.num_experts,)
    if not shared:
        return shapes
    return shapes | {
        "ffn_gate_shexp.weight": (width, shared),
        "ffn_up_shexp.weight": (width, shared),
        "ffn_down_shexp.weight": (shared, width),
    }


def dense(facts: ModelFacts) -> Shapes:
    """Return the three matrices of a gated feed-forward part."""
    width, ff = facts.width, facts.feed_forward
    return {
        "ffn_gate.weight": (width, ff),
        "ffn_up.weight": (width, ff),
        "ffn_down.weight": (ff, width),
    }


def experts(facts: ModelFacts) -> Shapes:
    """Return the router and the stacked matrices of all experts."""
    width, ff, num = facts.width, facts.expert_feed_forward, facts.num_experts
    return {
        "ffn_gate_inp.weight": (width, num),
        "ffn_gate_exps.weight": (width, ff, num),
        "ffn_up_exps.weight": (width, ff, num),
        "ffn_down_exps.weight": (ff, width, num),
    }


def state_of(facts: ModelFacts) -> StateSpace:
    """Return the recurrent state of a model that must have one.

    Raises:
        InvalidRequest: It has none.
    """
    if facts.state is None:
        raise InvalidRequest(f"A blueprint of {facts.architecture} needs its recurrent state.")
    return facts.state
