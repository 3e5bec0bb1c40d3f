"""Describe a model from its header: what it is, how large, how it remembers, how it is spoken to.

This is the second gate for a hostile file: a header that is well formed can still claim a model
that divides by zero or has ten tokens and 32,000 embeddings. Native code asserts on such things,
and an assertion ends the process; here they are a `BadModelFile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hearth.models.bytes import bad_file
from hearth.models.gguf.checks import (
    check_architecture,
    check_experts,
    check_heads,
    check_vocabulary,
)
from hearth.models.gguf.fields import Fields
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.layers import LayerCache, layer_caches, sliding_window
from hearth.models.gguf.parts import check_complete, read_parts
from hearth.models.gguf.quantization import bits_per_weight, quantization_name
from hearth.models.gguf.recurrence import Recurrence, recurrence
from hearth.models.gguf.rope import RotaryPositions, rotary_positions
from hearth.models.gguf.tensors import TensorInfo
from hearth.models.gguf.weights import WeightGroup, weight_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What a model is, computed from its header alone.

    Args:
        files: The model's files; several when it comes in parts.
        name: The name that the file gives itself, made safe to show.
        file_bytes: Size of all files.
        weight_bytes: Bytes of all tensors.
        num_parameters: Weights of all tensors; `active_parameters` are those used per token
            (fewer for a mixture of experts).
        context_length: Longest sequence that the model was trained for, in tokens.
        feed_forward_length: Width of the widest feed-forward layer that one token passes.
        sliding_window: Tokens that windowed layers look back over, or None.
        layers: What each layer keeps in memory.
        bytes_by_type: Bytes of the tensors of each type, the largest share first.
        cannot_chat: Why this model cannot write text on its own, or None when it can.
        exact_memory: False when the family has caches that Hearth has no formula for.
        warnings: What is odd but harmless, as sentences.
        weights: The tensor table in short.
        recurrence: Sizes of its state-space layers, or None where it has none.
        rotary: How it turns positions into angles, or None where it knows them in another way.
    """

    files: tuple[Path, ...]
    name: str
    architecture: str
    file_bytes: int
    weight_bytes: int
    num_parameters: int
    active_parameters: int
    quantization: str
    bits_per_weight: float
    bytes_by_type: dict[str, int]
    context_length: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    key_length: int
    value_length: int
    embedding_length: int
    feed_forward_length: int
    num_experts: int
    num_experts_used: int
    sliding_window: int | None
    layers: tuple[LayerCache, ...]
    vocab_size: int
    tokenizer: str | None
    bos_token_id: int | None
    eos_token_id: int | None
    chat_template: str | None
    license: str | None
    cannot_chat: str | None
    exact_memory: bool
    warnings: tuple[str, ...]
    weights: tuple[WeightGroup, ...] = ()
    recurrence: Recurrence | None = None
    rotary: RotaryPositions | None = None


def inspect(path: Path) -> ModelInfo:
    """Read a model's header, and those of its further parts, and describe it.

    Raises:
        ModelNotFound: There is no such file.
        BadModelFile: A file is damaged, a part is missing, or the model cannot be what it claims.
    """
    return describe(*read_parts(path))


def describe(header: GgufHeader, *parts: GgufHeader) -> ModelInfo:
    """Describe a model from its header.

    Args:
        header: The first file, which carries the metadata.
        parts: Headers of the further files of a model in parts, which carry tensors alone.

    Raises:
        BadModelFile: The model cannot be what its header claims, or the engine cannot read it.
    """
    files = (header, *parts)
    check_complete(files)
    tensors = tuple(tensor for file in files for tensor in file.tensors)
    family = check_architecture(header)
    fields = Fields(header, family.architecture)
    if not tensors:
        raise bad_file(header.name, "it has no weights (a vocabulary or a template alone)")
    num_layers = fields.size("block_count", low=1)
    heads, kv_heads = check_heads(fields, num_layers, family)
    num_experts, num_experts_used = check_experts(fields, num_layers)
    vocab_size = check_vocabulary(header, fields, tensors, family)
    layers = layer_caches(fields, family.architecture, heads, kv_heads)
    widest = max(layers, key=lambda layer: layer.key_width + layer.value_width)
    key_length = widest.key_width // max(*kv_heads, 1)
    return ModelInfo(
        files=tuple(file.path for file in files),
        name=fields.label("general.name") or header.path.stem,
        architecture=family.architecture,
        file_bytes=sum(file.size_bytes for file in files),
        weight_bytes=sum(file.weight_bytes for file in files),
        num_parameters=sum(tensor.num_elements for tensor in tensors),
        active_parameters=_active_parameters(tensors, num_experts, num_experts_used),
        quantization=quantization_name(tensors, header.metadata.get("general.file_type")),
        bits_per_weight=bits_per_weight(tensors),
        bytes_by_type=_bytes_by_type(tensors),
        context_length=fields.size("context_length", low=1),
        num_layers=num_layers,
        num_heads=max(heads),
        num_kv_heads=max(kv_heads),
        key_length=key_length,
        value_length=widest.value_width // max(*kv_heads, 1),
        embedding_length=fields.size("embedding_length", low=1),
        feed_forward_length=_feed_forward_length(fields, num_layers, num_experts_used),
        num_experts=num_experts,
        num_experts_used=num_experts_used,
        sliding_window=sliding_window(fields, family.architecture, num_layers),
        layers=layers,
        vocab_size=vocab_size,
        tokenizer=fields.label("tokenizer.ggml.model"),
        bos_token_id=fields.token_id("tokenizer.ggml.bos_token_id", vocab_size),
        eos_token_id=fields.token_id("tokenizer.ggml.eos_token_id", vocab_size),
        chat_template=fields.text("tokenizer.chat_template"),
        license=fields.label("general.license"),
        cannot_chat=family.cannot_chat,
        exact_memory=family.exact_memory,
        warnings=tuple(warning for file in files for warning in file.warnings),
        weights=weight_groups(files),
        recurrence=recurrence(fields, family.architecture),
        rotary=rotary_positions(
            fields, family.architecture, {tensor.name for tensor in tensors}, key_length
        ),
    )


def _active_parameters(tensors: Sequence[TensorInfo], num_experts: int, num_used: int) -> int:
    experts = sum(tensor.num_elements for tensor in tensors if "_exps" in tensor.name)
    everything = sum(tensor.num_elements for tensor in tensors)
    return everything - (experts - experts * num_used // num_experts if num_experts else 0)


def _bytes_by_type(tensors: Sequence[TensorInfo]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tensor in tensors:
        found[tensor.type.name] = found.get(tensor.type.name, 0) + tensor.size_bytes
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _feed_forward_length(fields: Fields, num_layers: int, num_experts_used: int) -> int:
    dense = max(fields.sizes("feed_forward_length", num_layers, 0))
    expert = max(fields.sizes("expert_feed_forward_length", num_layers, 0))
    shared = fields.size("expert_shared_feed_forward_length", 0)
    if num_experts_used and not expert:  # the older families name one width for both
        expert = dense
    return max(dense, num_experts_used * expert + shared)
