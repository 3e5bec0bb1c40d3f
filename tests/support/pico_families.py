"""Pico GGUFs of many architectures: the keys and the tensor names of the real ones, random weights.

They are made with gguf-py's own tables of names, so that a card can be compared with what that
library reads back. They are for describing, not for running.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from support.pico import CHATML

VOCAB, WIDTH, LAYERS = 300, 64, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PicoFamily:
    """What sets one architecture apart from the others.

    Args:
        keys: Further keys, without the architecture's prefix.
        experts: Number of experts and how many a token uses.
    """

    architecture: str
    heads: int = 4
    kv_heads: int = 2
    head_size: int = 16
    experts: tuple[int, int] = (0, 0)
    keys: Mapping[str, Any] = field(default_factory=dict)


PICO_FAMILIES = (
    PicoFamily(architecture="llama"),
    PicoFamily(architecture="qwen2"),
    # Heads of 32 in a width of 64 with 4 heads: the size of a head is not width / heads.
    PicoFamily(architecture="qwen3", head_size=32),
    PicoFamily(architecture="gemma2", head_size=32, keys={"attention.sliding_window": 64}),
    PicoFamily(architecture="gemma3", head_size=32, keys={"attention.sliding_window": 32}),
    PicoFamily(
        architecture="phi3",
        keys={
            "rope.scaling.type": "yarn",
            "rope.scaling.factor": 4.0,
            "rope.scaling.original_context_length": 128,
        },
    ),
    PicoFamily(architecture="qwen3moe", head_size=32, experts=(8, 2)),
    PicoFamily(
        architecture="mamba",
        heads=0,
        kv_heads=0,
        keys={
            "ssm.conv_kernel": 4,
            "ssm.inner_size": 128,
            "ssm.state_size": 16,
            "ssm.time_step_rank": 8,
        },
    ),
    PicoFamily(
        architecture="falcon-h1",
        keys={
            "ssm.conv_kernel": 4,
            "ssm.inner_size": 128,
            "ssm.state_size": 16,
            "ssm.group_count": 1,
            "ssm.time_step_rank": 8,
        },
    ),
    PicoFamily(architecture="bert", kv_heads=4, keys={"attention.causal": False}),
)


def write_family(path: Path, family: PicoFamily, *, tensors_per_file: int = 0) -> Path:
    """Write a pico model of an architecture; of a model in parts, return the first file."""
    writer = gguf.GGUFWriter(str(path), family.architecture, split_max_tensors=tensors_per_file)
    add_vocabulary(writer)
    writer.add_name(f"Pico {family.architecture}")
    writer.add_license("apache-2.0")
    writer.add_chat_template(CHATML)
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(128)
    writer.add_head_count(family.heads)
    writer.add_head_count_kv(family.kv_heads)
    if family.heads:
        writer.add_key_length(family.head_size)
        writer.add_value_length(family.head_size)
    if family.experts[0]:
        writer.add_expert_count(family.experts[0])
        writer.add_expert_used_count(family.experts[1])
    for key, value in family.keys.items():
        _add(writer, f"{family.architecture}.{key}", value)
    rng = np.random.default_rng(0)
    for name, shape in _tensors(family):
        writer.add_tensor(name, rng.standard_normal(shape).astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return next(iter(sorted(path.parent.glob(f"{path.stem}-00001-of-*.gguf"))), path)


def add_vocabulary(writer: gguf.GGUFWriter) -> None:
    """Write a vocabulary of nothing but numbers."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{number}" for number in range(VOCAB)])
    writer.add_token_types([gguf.TokenType.NORMAL] * VOCAB)


def _add(writer: gguf.GGUFWriter, key: str, value: object) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_string(key, str(value))


def _tensors(family: PicoFamily) -> list[tuple[str, tuple[int, ...]]]:
    """Return every tensor that gguf-py's table gives this architecture, with a small shape."""
    kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
    listed: list[tuple[str, tuple[int, ...]]] = []
    for tensor in gguf.MODEL_TENSORS[kinds[family.architecture]]:
        pattern = gguf.TENSOR_NAMES[tensor]
        shape = _shape(pattern.rpartition(".")[2], family)
        for layer in range(LAYERS if "{bid}" in pattern else 1):
            listed.append((f"{pattern.format(bid=layer)}.weight", shape))
    return listed


def _shape(last: str, family: PicoFamily) -> tuple[int, ...]:
    sizes = {
        "token_embd": (VOCAB, WIDTH),
        "output": (VOCAB, WIDTH),
        "attn_q": (family.heads * family.head_size, WIDTH),
        "attn_k": (family.kv_heads * family.head_size, WIDTH),
        "attn_v": (family.kv_heads * family.head_size, WIDTH),
    }
    if last.endswith("_exps"):
        return (family.experts[0] or 1, 32, WIDTH)
    return sizes.get(last, (WIDTH,) if "norm" in last else (32, WIDTH))
