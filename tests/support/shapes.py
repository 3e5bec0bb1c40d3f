"""Descriptions of models and machines of any size, made up for planning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hearth.machine.cpu import Cpu
from hearth.machine.memory import Memory
from hearth.machine.probe import Machine
from hearth.machine.storage import Storage
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache

GIB = 2**30


def shape(
    *,
    layers: int,
    width: int,
    ff: int,
    heads: int,
    kv_heads: int,
    vocab: int,
    weight_bytes: int = GIB,
    **changes: Any,
) -> ModelInfo:
    """Return the description of a dense llama model of this shape."""
    head_size = width // heads
    cache = LayerCache(key_width=head_size * kv_heads, value_width=head_size * kv_heads)
    info = ModelInfo(
        files=(Path("model.gguf"),),
        name="made up",
        architecture="llama",
        file_bytes=weight_bytes,
        weight_bytes=weight_bytes,
        num_parameters=weight_bytes // 2,
        active_parameters=weight_bytes // 2,
        quantization="F16",
        bits_per_weight=16.0,
        bytes_by_type={"F16": weight_bytes},
        context_length=131_072,
        num_layers=layers,
        num_heads=heads,
        num_kv_heads=kv_heads,
        key_length=head_size,
        value_length=head_size,
        embedding_length=width,
        feed_forward_length=ff,
        num_experts=0,
        num_experts_used=0,
        sliding_window=None,
        layers=(cache,) * layers,
        vocab_size=vocab,
        tokenizer="gpt2",
        bos_token_id=None,
        eos_token_id=1,
        chat_template=None,
        license=None,
        cannot_chat=None,
        exact_memory=True,
        warnings=(),
    )
    return replace(info, **changes)


SHAPE_70B = {
    "layers": 80,
    "width": 8192,
    "ff": 28_672,
    "heads": 64,
    "kv_heads": 8,
    "vocab": 128_256,
}
SHAPE_1B = {"layers": 16, "width": 2048, "ff": 8192, "heads": 32, "kv_heads": 8, "vocab": 49_152}


def machine(
    *, memory_bytes: int = 32 * GIB, available_bytes: int | None = None, **cpu: Any
) -> Machine:
    """Return a machine with this memory; the processor has 8 cores of 2 threads."""
    processor = Cpu(
        name="made up",
        architecture="x86_64",
        flags=frozenset({"avx2"}),
        num_logical=16,
        num_usable=16,
        num_physical=8,
    )
    return Machine(
        system="Linux",
        cpu=replace(processor, **cpu),
        memory=Memory(
            total_bytes=memory_bytes,
            available_bytes=memory_bytes if available_bytes is None else available_bytes,
        ),
        storage=Storage(path=Path("/"), total_bytes=10**12, free_bytes=10**11),
        accelerators=(),
    )
