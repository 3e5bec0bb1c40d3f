"""Random damage to good files: a `BadModelFile` or a correct header, never much memory or time.

A run of all tests takes 10,000 files. HEARTH_FUZZ_FILES=100000 takes more, and HEARTH_FUZZ_SEED
others; docs/log.md tells what the long runs found.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.errors import BadModelFile
from hearth.models.formats.files import remote_files
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.identify import identify_files
from support.gguf_bytes import (
    BOOL,
    F32,
    I32,
    STRING,
    U16,
    U32,
    array,
    entry,
    gguf,
    model_entries,
    model_file,
    tensor,
    text,
    u32,
    value,
    whole,
)
from support.held_bytes import HeldBytes
from support.memory_limit import at_most

NUM_FILES = int(os.environ.get("HEARTH_FUZZ_FILES", "10000"))
SEED = int(os.environ.get("HEARTH_FUZZ_SEED", "2026"))
NUM_MADE_UP = NUM_FILES // 50  # they take longer; the rest is damaged
MAX_BYTES = 64 * 2**20
ODD_NUMBERS = (0, 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)


def good_files() -> list[bytes]:
    """Return small files whose headers take different ways through the reader."""
    experts = {
        "experts": u32("qwen3moe.expert_count", 8),
        "used": u32("qwen3moe.expert_used_count", 2),
    }
    windows = {
        "window": u32("gemma4.attention.sliding_window", 64),
        "pattern": array("gemma4.attention.sliding_window_pattern", BOOL, [1, 0]),
    }
    states = {
        "kernel": u32("mamba.ssm.conv_kernel", 4),
        "inner": u32("mamba.ssm.inner_size", 128),
        "state": u32("mamba.ssm.state_size", 16),
    }
    part = [entry(f"split.{key}", U16, value(U16, 1)) for key in ("no", "count", "tensors.count")]
    scores = {"scores": array("tokenizer.ggml.scores", F32, [0.5] * 10)}
    template = {"template": text("tokenizer.chat_template", "{{ messages }}" * 20)}
    adapter = [
        text("general.architecture", "llama"),
        text("general.type", "adapter"),
        text("adapter.type", "lora"),
    ]
    stem = "blk.0.attn_q.weight"
    halves = {f"{stem}.lora_a": ([64, 4], 0), f"{stem}.lora_b": ([4, 64], 0)}
    projector = [text("general.architecture", "clip"), u32("clip.vision.block_count", 2)]
    return [
        model_file(**scores, **template),
        model_file("qwen3moe", **experts),
        model_file("gemma4", **windows),
        model_file("mamba", **states),
        whole([*model_entries(), *part], {"token_embd.weight": ([64, 10], 0), "a": ([3], 1)}),
        whole(adapter, halves),
        whole(projector, {"v.blk.0.attn_q.weight": ([32, 2], 8)}),
        whole([u32("general.alignment", 1)], {"a": ([3], 0), "b": ([256, 2], 12)}, alignment=1),
    ]


def damage(content: bytes, rng: random.Random) -> bytes:
    """Change up to three places of the header: bits, bytes, eight bytes, a cut, a piece twice."""
    changed = bytearray(content)
    length = len(content.rstrip(b"\0")) + 16  # what follows are weights, which nobody looks at
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(min(length, len(changed)))
        kind = rng.random()
        if kind < 0.3:
            changed[at] ^= 1 << rng.randrange(8)
        elif kind < 0.5:
            changed[at] = rng.randrange(256)
        elif kind < 0.8:
            number = rng.choice((*ODD_NUMBERS, rng.getrandbits(64)))
            width = rng.choice((4, 8))
            changed[at : at + width] = number.to_bytes(8, "little")[:width]
        elif kind < 0.9:
            del changed[at:]
            changed += b"G"
        else:
            changed[at:at] = changed[at : at + rng.randint(1, 40)]
    return bytes(changed)


def check(content: bytes) -> bool:
    """Read and describe a file; what is accepted lies inside the file. Return if it was."""
    try:
        assert_inside(read_header(HeldBytes(content)))
        with remote_files("model.gguf", {"model.gguf": content}, alone=True) as files:
            identify_files(files)
    except BadModelFile:
        return False
    return True


def assert_inside(header: GgufHeader) -> None:
    end = header.data_start
    for each in header.tensors:
        start = header.data_start + each.offset
        assert start >= end
        end = start + each.size_bytes
    assert not header.tensors or end <= header.size_bytes


@pytest.mark.timeout(0 if NUM_FILES > 10_000 else 120)
def test_damaged_files() -> None:
    rng = random.Random(SEED)
    files = good_files()
    assert all(map(check, files))
    with at_most(MAX_BYTES):
        num_read = sum(
            check(damage(rng.choice(files), rng)) for _ in range(NUM_FILES - NUM_MADE_UP)
        )
    assert 0 < num_read < NUM_FILES / 2  # the damage is neither harmless nor all alike


KEYS = st.sampled_from(
    """general.architecture general.alignment general.name general.type split.count
    llama.block_count llama.attention.head_count tokenizer.ggml.tokens llama.expert_count""".split()  # noqa: SIM905
) | st.text(max_size=12)
ENTRIES = st.one_of(
    st.builds(text, KEYS, st.text(max_size=20) | st.binary(max_size=20)),
    st.builds(u32, KEYS, st.integers(0, 2**32 - 1)),
    st.builds(lambda key, items: array(key, I32, items), KEYS, st.lists(st.integers(-9, 9))),
    st.builds(lambda key, items: array(key, STRING, items), KEYS, st.lists(st.text(max_size=5))),
    st.builds(entry, KEYS, st.integers(0, 15), st.binary(max_size=30)),
    st.builds(entry, KEYS, st.just(U32), st.binary(max_size=5)),
)
TENSORS = st.builds(
    lambda name, shape, kind, offset: tensor(name, shape, kind=kind, offset=offset),
    st.text(min_size=1, max_size=6) | st.binary(max_size=70),
    st.lists(st.integers(-4, 300) | st.sampled_from(ODD_NUMBERS), max_size=5),
    st.integers(0, 45),
    st.sampled_from([0, 32, 64, 2**40]) | st.integers(0, 2**64 - 1),
)


@pytest.mark.timeout(0 if NUM_FILES > 10_000 else 120)
@settings(
    max_examples=NUM_MADE_UP,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
@given(
    entries=st.lists(ENTRIES, max_size=6),
    tensors=st.lists(TENSORS, max_size=4),
    data=st.binary(max_size=200),
)
def test_made_up_files(entries: list[bytes], tensors: list[bytes], data: bytes) -> None:
    content = gguf(entries, tensors, data)
    with at_most(MAX_BYTES):
        check(content)
