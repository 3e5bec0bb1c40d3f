"""What a pass through a model must read and compute, layer by layer: the input of every speed.

A shape comes from a file's own tensor table (exact), or from a known model's facts and the bits of
a quantization (an estimate). Two things in a file are not read for a token: all rows but one of
the input embeddings, and the experts that the token does not use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache
from hearth.models.gguf.parts import read_parts
from hearth.models.gguf.tensors import TensorInfo
from hearth.plan.memory import KV_TYPES
from hearth.plan.operations import Between, Matrix, between, matrix_of

FLOPS_PER_WEIGHT = 2  # a multiplication and an addition
NO_CACHE = LayerCache(key_width=0, value_width=0)
NOTHING_BETWEEN = Between()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """One layer, or the output matrix as a layer that has no cache.

    Args:
        weights: Weights that every token uses; `weight_bytes` are their bytes.
        expert_weights: Weights of all experts together; `expert_bytes` are their bytes.
        cache: What it keeps per token.
        attention_flops: Operations for each earlier token that a token attends to.
        matrices: Its multiplications one by one; empty where only their sum is known.
        between: What it does between them.
        head_size: Of its keys; `heads_per_kv` query heads share each.
        is_last: Whether no layer comes after it.
    """

    weights: float
    weight_bytes: float
    expert_weights: float = 0.0
    expert_bytes: float = 0.0
    cache: LayerCache = NO_CACHE
    attention_flops: float = 0.0
    matrices: tuple[Matrix, ...] = ()
    between: Between = NOTHING_BETWEEN
    head_size: int = 0
    heads_per_kv: float = 0.0
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """A model as work to be done.

    Args:
        layers: From the first to the last, without the output.
        output: The output matrix; the input embeddings themselves where the two are tied.
        weight_bytes: Of the whole file, also what a token does not read.
        width: Numbers that go from layer to layer for one token.
        window: Tokens that windowed layers look back over, or None.
        context_length: Longest sequence that it was trained for, or None where unknown.
        bytes_by_type: Bytes read for one token, by tensor type.
    """

    name: str
    num_parameters: float
    layers: tuple[LayerShape, ...]
    output: LayerShape
    weight_bytes: float
    width: int
    vocab_size: int
    num_experts: int = 0
    num_experts_used: int = 0
    window: int | None = None
    context_length: int | None = None
    bytes_by_type: dict[str, float] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[LayerShape, ...]:
        """All that a token passes: the layers, then the output."""
        return (*self.layers, self.output)

    @property
    def used_parameters(self) -> float:
        """Weights that one token is multiplied by."""
        share = self.num_experts_used / self.num_experts if self.num_experts else 0.0
        return sum(part.weights + share * part.expert_weights for part in self.parts)


def shape_of(info: ModelInfo) -> ModelShape:
    """Read the tensor table of a model's files again and return its shape.

    Raises:
        BadModelFile: The files have changed since `info` was read, and are damaged now.
    """
    tensors = [tensor for header in read_parts(info.files[0]) for tensor in header.tensors]
    return shape_of_tensors(info, tensors)


def shape_of_tensors(info: ModelInfo, tensors: Iterable[TensorInfo]) -> ModelShape:
    """Return the shape of a model from its tensor table."""
    listed = list(tensors)
    is_tied = all(tensor.name != "output.weight" for tensor in listed)
    sums = _Sums(info)
    for tensor in listed:
        if tensor.name != "token_embd.weight" or is_tied:
            sums.add(tensor)
    queries = info.num_heads
    layers = tuple(
        LayerShape(
            weights=sums.weights[index],
            weight_bytes=sums.bytes[index],
            expert_weights=sums.expert_weights[index],
            expert_bytes=sums.expert_bytes[index],
            cache=cache,
            attention_flops=_attention_flops(cache, queries, info.num_kv_heads),
            matrices=sums.matrices(index),
            between=between(info, cache, sums.tensors[index]),
            head_size=info.key_length,
            heads_per_kv=queries / info.num_kv_heads if info.num_kv_heads else 0.0,
            is_last=index == len(info.layers) - 1,
        )
        for index, cache in enumerate(info.layers)
    )
    return ModelShape(
        name=info.name,
        num_parameters=info.num_parameters,
        layers=layers,
        output=LayerShape(
            weights=sums.weights[info.num_layers],
            weight_bytes=sums.bytes[info.num_layers],
            matrices=sums.matrices(info.num_layers),
        ),
        weight_bytes=info.weight_bytes,
        width=info.embedding_length,
        vocab_size=info.vocab_size,
        num_experts=info.num_experts,
        num_experts_used=info.num_experts_used,
        window=info.sliding_window,
        context_length=info.context_length,
        bytes_by_type=dict(sums.by_type.most_common()),
    )


def expected_experts(num_experts: int, num_used: int, batch: int) -> float:
    """Return how many experts of a layer a batch of tokens touches, if each chooses by chance.

    Args:
        num_experts: Experts of a layer.
        num_used: Experts that one token uses.
        batch: Tokens that go through the layer together.

    Source: each token misses an expert with probability 1 - used / experts.
    """
    if not num_experts:
        return 0.0
    return num_experts * float(1 - (1 - num_used / num_experts) ** batch)


def kv_bytes_read(
    shape: ModelShape, part: LayerShape, *, depth: int, kv_type: str = "f16"
) -> float:
    """Return the bytes of keys, values and states that one token reads in one layer.

    Args:
        shape: The model.
        part: One of its layers.
        depth: Tokens that stand before this one.
        kv_type: A key of `KV_TYPES`.
    """
    block, block_bytes = KV_TYPES[kv_type]
    cache = part.cache
    tokens = attended(shape, part, depth)
    return tokens * (cache.key_width + cache.value_width) * block_bytes / block + cache.state_bytes


def attended(shape: ModelShape, part: LayerShape, depth: int) -> int:
    """Return how many earlier tokens a layer looks back at."""
    return min(depth, shape.window) if part.cache.windowed and shape.window else depth


class _Sums:
    """Adds tensors up by layer; the place after the last layer is the output's."""

    def __init__(self, info: ModelInfo) -> None:
        self.bytes: defaultdict[int, float] = defaultdict(float)
        self.weights: defaultdict[int, float] = defaultdict(float)
        self.expert_bytes: defaultdict[int, float] = defaultdict(float)
        self.expert_weights: defaultdict[int, float] = defaultdict(float)
        self.by_type: Counter[str] = Counter()
        self.tensors: defaultdict[int, list[TensorInfo]] = defaultdict(list)
        self._num_layers = info.num_layers
        self._expert_share = info.num_experts_used / info.num_experts if info.num_experts else 0.0

    def matrices(self, index: int) -> tuple[Matrix, ...]:
        found = (made for made in map(matrix_of, self.tensors[index]) if made)
        return tuple(sorted(found))  # layers that are alike compare equal

    def add(self, tensor: TensorInfo) -> None:
        index = self._layer(tensor.name)
        if index is None:
            return
        self.tensors[index].append(tensor)
        if "_exps" in tensor.name:
            self.expert_bytes[index] += tensor.size_bytes
            self.expert_weights[index] += tensor.num_elements
            self.by_type[tensor.type.name] += round(tensor.size_bytes * self._expert_share)
            return
        self.bytes[index] += tensor.size_bytes
        self.weights[index] += tensor.num_elements
        self.by_type[tensor.type.name] += tensor.size_bytes

    def _layer(self, name: str) -> int | None:
        """Return where a tensor is read, or None where it is only looked up."""
        if name.startswith("blk."):
            number = name.split(".")[1]
            return int(number) if number.isdigit() else None
        if "_embd" in name and name != "token_embd.weight":
            return None
        return self._num_layers


def _attention_flops(cache: LayerCache, num_heads: int, num_kv_heads: int) -> float:
    """Return the operations for each earlier token: one score and one weighted sum per head."""
    heads_per_row = num_heads / num_kv_heads if num_kv_heads else 0.0
    values = cache.value_width or cache.key_width  # a view of the keys, with latent attention
    return FLOPS_PER_WEIGHT * heads_per_row * (cache.key_width + values)
