"""Does a header describe a model that can exist? Each check is a fault that native code dies of."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.models.bytes import bad_file
from hearth.models.gguf.architectures import architectures
from hearth.models.gguf.fields import Fields
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.tensors import TensorInfo

# What `general.type` can be besides "model".
_OTHER_KINDS = {
    "adapter": "a LoRA adapter, which changes another model and is none by itself",
    "mmproj": "a picture or sound projector that belongs to another model",
    "imatrix": "an importance matrix for quantizing",
    "vocab": "a vocabulary without weights",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The architecture of a model, and what the engine can do with it."""

    architecture: str
    cannot_chat: str | None
    exact_memory: bool
    is_recurrent: bool


def check_architecture(header: GgufHeader) -> Family:
    """Return the model's family.

    Raises:
        BadModelFile: The file is no model, or is one that the engine does not know.
    """
    table = architectures()
    kind = header.metadata.get("general.type", "model")
    if kind in _OTHER_KINDS:
        raise bad_file(header.name, f"it is {_OTHER_KINDS[str(kind)]}")
    name = header.metadata.get("general.architecture")
    if not isinstance(name, str):
        raise bad_file(header.name, "its header lacks general.architecture")
    if name not in table.known:
        near = difflib.get_close_matches(name, table.known, n=3)
        raise bad_file(
            header.name,
            f"its architecture is {name!r}, which {table.engine} does not know",
            f"Similar ones that it knows: {', '.join(near)}." if near else None,
        )
    if name == "clip":  # the engine aborts on it
        raise bad_file(header.name, f"it is {table.cannot_chat[name]}")
    return Family(
        architecture=name,
        cannot_chat=table.cannot_chat.get(name),
        exact_memory=name not in table.partial_formula,
        is_recurrent=table.recurrent.get(name) == "all",
    )


def check_heads(
    fields: Fields, num_layers: int, family: Family
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return query heads and key-value heads per layer.

    Raises:
        BadModelFile: There are too many layers, no heads, or heads that cannot share keys evenly.
    """
    if num_layers > architectures().max_layers:
        raise fields.fail(
            f"it claims {num_layers:,} layers; at most {architectures().max_layers} are possible"
        )
    heads = fields.sizes("attention.head_count", num_layers, 0)
    if not any(heads) and not family.is_recurrent:
        raise fields.fail("it claims 0 attention heads")
    shares = fields.has("attention.head_count_kv")
    kv_heads = fields.sizes("attention.head_count_kv", num_layers) if shares else heads
    for queries, keys in zip(heads, kv_heads, strict=True):
        if queries and keys and queries % keys:
            raise fields.fail(f"it claims {queries} heads that share {keys} key-value heads")
    return heads, kv_heads


def check_experts(fields: Fields, num_layers: int) -> tuple[int, int]:
    """Return the number of experts and how many a token uses; 0 and 0 for a dense model.

    Raises:
        BadModelFile: More experts are used than there are, or none of them.
    """
    num_experts = fields.size("expert_count", 0)
    num_used = max(fields.sizes("expert_used_count", num_layers, 0))
    if num_experts > architectures().max_experts:
        raise fields.fail(
            f"it claims {num_experts:,} experts; at most {architectures().max_experts} are possible"
        )
    if num_used > num_experts or (num_experts and not num_used):
        raise fields.fail(f"it claims to use {num_used} of {num_experts} experts")
    return num_experts, num_used


def check_vocabulary(
    header: GgufHeader, fields: Fields, tensors: Sequence[TensorInfo], family: Family
) -> int:
    """Return the size of the vocabulary.

    Raises:
        BadModelFile: The lists of the vocabulary, or the embeddings, differ in length.
    """
    listed = fields.length("tokenizer.ggml.tokens")
    vocab_size = listed if listed is not None else fields.size("vocab_size", 0)
    for key in ("tokenizer.ggml.scores", "tokenizer.ggml.token_type"):
        count = fields.length(key)
        if count is not None and count != vocab_size:
            raise fields.fail(f"it has {vocab_size:,} tokens but {count:,} entries in {key}")
    if family.cannot_chat:
        return vocab_size
    if not vocab_size:
        raise fields.fail("it has no vocabulary")
    _check_embeddings(fields, tensors, vocab_size)
    return vocab_size


def _check_embeddings(fields: Fields, tensors: Sequence[TensorInfo], vocab_size: int) -> None:
    table = next((tensor for tensor in tensors if tensor.name == "token_embd.weight"), None)
    if table is None:
        raise fields.fail("it lacks the tensor token_embd.weight")
    expected = (fields.size("embedding_length", low=1), vocab_size)
    if table.shape != expected:
        raise fields.fail(
            f"its token embeddings have shape {table.shape}, but the header wants {expected}"
        )
