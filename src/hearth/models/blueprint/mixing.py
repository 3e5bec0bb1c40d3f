"""Which type each tensor gets when a model is quantized: llama.cpp's own mixing rules.

A quantization such as Q4_K_M names a base type; tensors that hurt most when they lose precision get
more bits, and rows that do not divide into blocks fall back to a type with shorter ones. These are
the rules without an importance matrix. A pure mix knows none of them but the last: all matrices get
the base type, those of input and output among them. Source: llama_tensor_get_type_impl,
tensor_type_fallback and tensor_allows_quantization in src/llama-quant.cpp of llama.cpp, as carried
by llama-cpp-python 0.3.36; the tests compare every tensor's type with what that library writes.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hearth.errors import InvalidRequest
from hearth.models.blueprint.blueprint import Blueprint
from hearth.models.blueprint.facts import ModelFacts
from hearth.models.blueprint.parts import Shape
from hearth.models.blueprint.tensors import TensorShape
from hearth.models.gguf.tensors import TensorType, tensor_types
from hearth.models.labels import plain

FEW_EXPERTS = 8  # Mixtral's number: so few share one attention that its cost does not matter
MANY_SHARE = 4  # query heads per key-value head from which values are small enough to spare

_PLAIN = frozenset({"F32", "F16", "BF16"})
_FALLBACKS = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0", "IQ4_XS": "IQ4_NL"}
_FALLBACKS |= dict.fromkeys(("Q2_K", "Q3_K"), "Q4_0")
_VALUES = ("attn_v.weight", "attn_qkv.weight", "attn_kv_b.weight")
_NOT_QUANTIZED = ("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "shortconv.conv.weight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A quantization: its number in a file's header, and the type that most weights get.

    Args:
        is_pure: Whether all matrices get it.
    """

    name: str
    file_type: int
    base: str
    is_pure: bool = False


# Numbers: llama_ftype in llama.h.
_MIXES = {
    name: Mix(name=name, file_type=number, base=base)
    for name, number, base in (
        ("F32", 0, "F32"),
        ("F16", 1, "F16"),
        ("BF16", 32, "BF16"),
        ("Q8_0", 7, "Q8_0"),
        ("Q6_K", 18, "Q6_K"),
        ("Q5_K_M", 17, "Q5_K"),
        ("Q5_K_S", 16, "Q5_K"),
        ("Q5_1", 9, "Q5_1"),
        ("Q5_0", 8, "Q5_0"),
        ("Q4_K_M", 15, "Q4_K"),
        ("Q4_K_S", 14, "Q4_K"),
        ("Q4_1", 3, "Q4_1"),
        ("Q4_0", 2, "Q4_0"),
        ("IQ4_NL", 25, "IQ4_NL"),
        ("IQ4_XS", 30, "IQ4_XS"),
        ("MXFP4", 38, "MXFP4"),
        ("Q3_K_L", 13, "Q3_K"),
        ("Q3_K_M", 12, "Q3_K"),
        ("Q3_K_S", 11, "Q3_K"),
        ("Q2_K", 10, "Q2_K"),
    )
}
# Of types that processors have an interleaved order for; there a byte less is time less.
_MIXES |= {
    f"{name}_PURE": replace(_MIXES[name], name=f"{name}_PURE", is_pure=True)
    for name in ("Q4_0", "IQ4_NL")
}


def mixes() -> tuple[Mix, ...]:
    """Return all quantizations that there are rules for, the largest first, then pure ones."""
    return tuple(_MIXES.values())


def mix_named(name: str) -> Mix:
    """Return a quantization by its name, in any case.

    Raises:
        InvalidRequest: There are no rules for it.
    """
    found = _MIXES.get(name.strip().upper())
    if found is None:
        raise InvalidRequest(
            f"There are no mixing rules for the quantization {plain(name)!r}.",
            hint=f"There are some for {', '.join(_MIXES)}.",
            param="quantization",
        )
    return found


def mixed_types(model: Blueprint, mix: Mix) -> Mapping[str, TensorType]:
    """Return the type of every tensor, by name."""
    places = _Places(model)
    return {
        tensor.name: _types()[_type_name(places.of(tensor.name), tensor, model.facts, mix)]
        for tensor in model.tensors
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a tensor stands among those of its kind.

    Args:
        kind: "output", "embedding", "value", "key", "attention", "down" or "other".
        index: Its number among its kind; `count` is how many the rules assume.
    """

    kind: str
    index: int = 0
    count: int = 0

    @property
    def gets_more_bits(self) -> bool:
        """The first and the last eighth, and every third between them."""
        first = self.count // 8
        last = 7 * self.count // 8
        return self.index < first or self.index >= last or (self.index - first) % 3 == 2


class _Places:
    """Counts tensors of a kind in the order of the layers, as the rules do."""

    def __init__(self, model: Blueprint) -> None:
        self._has_output = any(tensor.name == "output.weight" for tensor in model.tensors)
        self._num_layers = model.facts.num_layers
        self._counts_layers = model.facts.num_experts > 1
        self._num_values = sum(tensor.name.endswith(_VALUES) for tensor in model.tensors)
        self._seen: Counter[str] = Counter()

    def of(self, name: str) -> _Place:
        """Return the place of the next tensor; to be asked once for each, in the file's order."""
        if name == "output.weight" or (name == "token_embd.weight" and not self._has_output):
            return _Place(kind="output")
        kind = _kind(name)
        index = self._seen[kind]
        self._seen[kind] += 1
        if kind == "down":
            if self._counts_layers:
                index = int(name.split(".")[1])
            return _Place(kind=kind, index=index, count=self._num_layers)
        return _Place(kind=kind, index=index, count=self._num_values)


def _kind(name: str) -> str:
    if name.endswith(_VALUES):
        return "value"
    if name.endswith("attn_k.weight"):
        return "key"
    if name.endswith("attn_output.weight"):
        return "attention"
    return "down" if "ffn_down" in name else "other"


def _type_name(place: _Place, tensor: TensorShape, facts: ModelFacts, mix: Mix) -> str:
    if not _is_quantized(tensor):
        return "F32"
    if mix.base in _PLAIN:
        return mix.base
    if mix.is_pure:
        return _fitting(mix.base, tensor.shape)
    if mix.name == "MXFP4":
        is_stack = len(tensor.shape) > 2 and tensor.shape[2] > 1
        return _fitting(mix.base if is_stack and place.kind != "output" else "Q8_0", tensor.shape)
    chosen = {
        "output": _output,
        "value": _value,
        "key": _key,
        "attention": _attention_output,
        "down": _feed_forward_down,
    }.get(place.kind, _other)(mix, place, facts)
    if place.kind == "output" and not _divides(mix.base, tensor.shape):
        chosen = "Q8_0"
    return _fitting(chosen, tensor.shape)


def _is_quantized(tensor: TensorShape) -> bool:
    """Say whether a tensor may lose precision; vectors, norms and routers do not."""
    is_matrix = any(size > 1 for size in tensor.shape[1:])
    is_weight = tensor.name.endswith("weight")
    return is_matrix and is_weight and not any(part in tensor.name for part in _NOT_QUANTIZED)


def _output(mix: Mix, _place: _Place, _facts: ModelFacts) -> str:
    return mix.base if mix.base == "Q8_0" else "Q6_K"


def _value(mix: Mix, place: _Place, facts: ModelFacts) -> str:
    shares = _shares(facts)
    chosen = mix.base
    if mix.name == "Q2_K":
        chosen = "Q4_K" if shares >= MANY_SHARE else "Q3_K"
    elif mix.name == "Q3_K_M":
        chosen = "Q5_K" if place.index < 2 else "Q4_K"
    elif mix.name == "Q3_K_L" or (mix.name in ("IQ4_NL", "IQ4_XS") and shares >= MANY_SHARE):
        chosen = "Q5_K"
    elif mix.name in ("Q4_K_M", "Q5_K_M") and place.gets_more_bits:
        chosen = "Q6_K"
    elif mix.name == "Q4_K_S" and place.index < 4:
        chosen = "Q5_K"
    if _is_70b(facts) and chosen in ("Q3_K", "Q4_K"):
        chosen = "Q5_K"
    return "Q8_0" if facts.num_experts == FEW_EXPERTS else chosen


def _key(mix: Mix, _place: _Place, facts: ModelFacts) -> str:
    return "Q8_0" if facts.num_experts == FEW_EXPERTS else mix.base


def _attention_output(mix: Mix, _place: _Place, facts: ModelFacts) -> str:
    if facts.num_experts == FEW_EXPERTS:
        spared = ("Q2_K", "Q3_K_S", "Q3_K_M", "IQ4_NL", "Q4_K_S", "Q4_K_M", "IQ4_XS")
        return "Q5_K" if mix.name in spared else mix.base
    return {"Q2_K": "Q3_K", "Q3_K_M": "Q4_K", "Q3_K_L": "Q5_K"}.get(mix.name, mix.base)


def _feed_forward_down(mix: Mix, place: _Place, _facts: ModelFacts) -> str:
    is_early = place.index < place.count // 8
    if mix.name == "Q2_K":
        return "Q3_K"
    if mix.name == "Q3_K_M":
        return "Q5_K" if place.index < place.count // 16 else "Q4_K"
    if mix.name == "Q3_K_L" or (is_early and mix.name in ("IQ4_NL", "IQ4_XS", "Q4_K_S")):
        return "Q5_K"
    if mix.name in ("Q4_K_M", "Q5_K_M") and place.gets_more_bits:
        return "Q6_K"
    return mix.base


def _other(mix: Mix, _place: _Place, _facts: ModelFacts) -> str:
    return mix.base


def _fitting(name: str, shape: Shape) -> str:
    """Return the type, or the one for rows that do not divide into its blocks."""
    if _divides(name, shape):
        return name
    fallback = _FALLBACKS.get(name, name)
    return fallback if _divides(fallback, shape) else "F16"


def _divides(name: str, shape: Shape) -> bool:
    return shape[0] % _types()[name].block == 0


@functools.cache
def _types() -> Mapping[str, TensorType]:
    return {kind.name: kind for kind in tensor_types().values()}


def _shares(facts: ModelFacts) -> int:
    """Return how many query heads share a key-value head in the first layer; 0: none attend."""
    kv_heads = 1 if facts.latent else facts.num_kv_heads
    return facts.num_heads // kv_heads if facts.attends(0) and kv_heads else 0


def _is_70b(facts: ModelFacts) -> bool:
    """Say whether the engine takes the model for a 70B, which it tells from its layers."""
    if facts.num_layers != 80 or facts.num_experts == FEW_EXPERTS:
        return False
    shares = facts.num_heads != facts.num_kv_heads
    return facts.architecture == "qwen2" or (facts.architecture == "llama" and shares)
