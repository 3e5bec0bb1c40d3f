"""The card of a model: what it is, whatever its format, from its header and configuration alone.

A fact that the files do not tell is None, and never a guess. The planner has a view of its own of
GGUF models (`hearth.models.gguf.info`), down to what each layer keeps in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """One file of a model.

    Args:
        name: Path inside the model's folder with forward slashes; for a single file, its name.
        sha256: Digest in hexadecimal, or None while it has not been computed.
    """

    name: str
    size_bytes: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorEntry:
    """One tensor of a model, wherever it lies.

    Args:
        shape: Elements per dimension, the outermost first as PyTorch and NumPy write them (the
            order inside a GGUF is the reverse).
        type: How its numbers are stored, as the format names it ("Q4_K", "BF16", "I32").
        size_bytes: Bytes that it takes in the file.
        num_weights: Weights of the model in it: its elements, more where several weights are packed
            into one, 0 for the scales and tables that unpack them.
        file: Name of the file that holds it, one of the card's.
        offset: Bytes from the start of that file; None where the weights are compressed or
            encoded, so that they cannot be read in place.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    size_bytes: int
    num_weights: int
    file: str
    offset: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeScaling:
    """How a model stretches its rotary positions over a longer context than it began with.

    Args:
        kind: The method ("linear", "yarn", "llama3", "longrope", "dynamic").
        factor: How many times longer, where the method has one factor.
        original_context_length: Tokens that it was first trained with, or None.
    """

    kind: str
    factor: float | None = None
    original_context_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What a model was made to do, read from its chat template and its files; None is unknown."""

    tools: bool | None = None
    thinking: bool | None = None
    images: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a model comes from, as its own metadata tell it.

    Args:
        base_models: Models that it was made from by training or by quantizing.
        merged_from: Models that were merged into it.
        merge_method: How they were merged ("slerp", "dare_ties"), or None.
        adapter_of: The model that an adapter or a projector belongs to.
    """

    base_models: tuple[str, ...] = ()
    merged_from: tuple[str, ...] = ()
    merge_method: str | None = None
    adapter_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFacts:
    """What an adapter changes: `scale` (alpha / rank) times a product of two thin matrices.

    Args:
        method: "lora", or another method by its own name.
        rank: Rank of the change; the largest one where it differs between tensors.
        targets: Modules that are changed, as the adapter names them.
    """

    method: str
    rank: int | None = None
    alpha: float | None = None
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWay:
    """What to do with a model that Hearth's engines do not run here.

    Args:
        reason: Why not, as a clause ("its weights are packed by GPTQ").
        runs_with: Programs that run it.
        convert: How to make a model of it that runs here, or None where there is no way.
    """

    reason: str
    runs_with: str | None = None
    convert: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """What a model is.

    Args:
        format: How it is stored: "gguf", "safetensors", "pytorch", "peft", "gptq", "awq",
            "bitsandbytes", "exl2", "exl3", "mlx", "onnx", "torchscript", ...
        kind: What it is for: "model", "embedding", "adapter", "projector", "vocabulary", ...
        name: What it calls itself, made safe to show.
        architecture: Name of the family, as the format writes it.
        model_class: The class of transformers that it was saved from ("Qwen3ForCausalLM").
        num_parameters: Weights in all; `active_parameters` are those used per token (fewer for a
            mixture of experts).
        width: Length of a token's vector inside the model.
        head_size: Length of one head's key; it is not always `width / num_heads`.
        sliding_window: Tokens that windowed layers look back over; None when all see everything.
        num_windowed_layers: Layers that look back over the window only.
        num_recurrent_layers: Layers that keep a state of fixed size in place of keys and values.
        context_length: Longest sequence that it was made for, in tokens.
        quantization: Name of the way most of its weights are stored.
        bits_per_weight: Bits on disk per weight, over all tensors.
        bytes_by_type: Bytes of the tensors of each type, the largest share first.
        runs_here: The engine of Hearth that runs it, or None; then `if_not` says what else can.
        dangers: Why loading the file could run a stranger's code; Hearth never loads such a file.
        warnings: What is odd, as sentences.
        tensors: Every tensor, in the order of the files.
    """

    format: str
    kind: str
    name: str
    files: tuple[CardFile, ...]
    architecture: str | None = None
    model_class: str | None = None
    num_parameters: int | None = None
    active_parameters: int | None = None
    num_layers: int | None = None
    width: int | None = None
    feed_forward_length: int | None = None
    num_heads: int | None = None
    num_kv_heads: int | None = None
    head_size: int | None = None
    num_experts: int = 0
    num_experts_used: int = 0
    sliding_window: int | None = None
    num_windowed_layers: int = 0
    num_recurrent_layers: int = 0
    context_length: int | None = None
    rope_scaling: RopeScaling | None = None
    vocab_size: int | None = None
    tokenizer: str | None = None
    chat_template: str | None = None
    abilities: Abilities = Abilities()
    quantization: str | None = None
    bits_per_weight: float | None = None
    bytes_by_type: dict[str, int]
    license: str | None = None
    lineage: Lineage = Lineage()
    adapter: AdapterFacts | None = None
    sha256: str | None = None
    runs_here: str | None = None
    if_not: OtherWay | None = None
    dangers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    tensors: tuple[TensorEntry, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    def as_data(self) -> dict[str, Any]:
        """Return the card as plain data, with the number of tensors in place of their list."""
        data = asdict(replace(self, tensors=()))
        return {**data, "tensors": len(self.tensors), "size_bytes": self.size_bytes}


def bytes_by_type(tensors: Sequence[TensorEntry]) -> dict[str, int]:
    """Return the bytes of the tensors of each type, the largest share first."""
    found: dict[str, int] = {}
    for tensor in tensors:
        found[tensor.type] = found.get(tensor.type, 0) + tensor.size_bytes
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def mean_bits(tensors: Sequence[TensorEntry]) -> float | None:
    """Return the bits on disk per weight, scales included; None where there are no weights."""
    num_weights = sum(tensor.num_weights for tensor in tensors)
    size_bytes = sum(tensor.size_bytes for tensor in tensors)
    return 8 * size_bytes / num_weights if num_weights else None
