"""The closed formulas, against figures measured and against the engine's own allocator."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hearth.models.gguf.info import inspect
from hearth.models.gguf.layers import LayerCache
from hearth.plan.memory import (
    KEPT_SEQUENCES,
    compute_bytes,
    kept_sequences,
    kv_bytes,
    memory_need,
    padded_cells,
    state_bytes,
)
from support.allocations import write_shape
from support.shapes import SHAPE_1B, SHAPE_70B, shape

MIB = 2**20
LARGE = shape(**SHAPE_70B)
SMALL = shape(**SHAPE_1B)


def test_cells_are_padded() -> None:
    assert [padded_cells(tokens) for tokens in (1, 256, 257, 8192)] == [256, 256, 512, 8192]


@pytest.mark.parametrize(
    ("cells", "kv_type", "mib"),
    [
        (8192, "f16", 2560),
        (131_072, "f16", 40_960),
        (131_072, "q8_0", 21_760),
        (131_072, "q4_0", 11_520),
        (8192, "f32", 5120),
    ],
)
def test_keys_and_values_of_a_70b(cells: int, kv_type: str, mib: int) -> None:
    assert kv_bytes(LARGE, cells=cells, kv_type=kv_type) == mib * MIB


def test_windowed_layers_can_keep_less() -> None:
    window = LayerCache(key_width=64, value_width=64, windowed=True)
    full = LayerCache(key_width=64, value_width=64)
    info = replace(SMALL, layers=(window, full))
    assert kv_bytes(info, cells=8192) == 2 * 8192 * 128 * 2
    assert kv_bytes(info, cells=8192, window_tokens=1000) == (8192 + 1024) * 128 * 2
    assert kv_bytes(info, cells=512, window_tokens=1000) == 2 * 512 * 128 * 2


def test_states_are_per_sequence() -> None:
    info = replace(SMALL, layers=(LayerCache(key_width=0, value_width=0, state_bytes=1000),))
    assert state_bytes(info, num_sequences=5) == 5000
    assert kept_sequences(info) == 1
    assert kept_sequences(SMALL) == KEPT_SEQUENCES


@pytest.mark.parametrize(
    ("info", "cells", "sequences", "flash", "mib"),
    [
        (SMALL, 4096, 512, True, 104.0),
        (SMALL, 4096, 8, True, 68.0),
        (LARGE, 8192, 512, True, 282.5),
        (LARGE, 8192, 32, True, 240.0),
        (LARGE, 131_072, 32, True, 360.0),
        (LARGE, 8192, 32, False, 1124.0),
        (LARGE, 32_768, 32, False, 4244.0),
    ],
)
def test_scratch_memory_as_measured(
    info: Any, cells: int, sequences: int, flash: bool, mib: float
) -> None:
    found = compute_bytes(
        info, cells=cells, micro_batch_tokens=512, sequence_ids=sequences, flash_attention=flash
    )
    assert found / MIB == pytest.approx(mib, abs=0.05)


def test_total_is_the_sum() -> None:
    need = memory_need(SMALL, cells=4096, num_sequences=4, micro_batch_tokens=512)
    assert need.weights_bytes == SMALL.weight_bytes
    assert need.output_bytes == 4 * 49_152 * (4 + KEPT_SEQUENCES)
    assert need.total_bytes == sum(
        (
            need.weights_bytes,
            need.kv_bytes,
            need.compute_bytes,
            need.output_bytes,
            need.overhead_bytes,
        )
    )


def settings(**changes: Any) -> dict[str, Any]:
    usual = {"cells": 8192, "micro_batch": 512, "num_sequences": 16}
    return usual | {"kv_type": "f16", "flash": True} | changes


QWEN3 = {"width": 2560, "ff": 9728, "heads": 32, "kv_heads": 8, "head_size": 128, "vocab": 151_936}
QWEN3_MOE = {
    "width": 2048,
    "ff": 768,
    "heads": 32,
    "kv_heads": 4,
    "head_size": 128,
    "vocab": 151_936,
}
WIDE_MOE = {
    "width": 2048,
    "ff": 1408,
    "heads": 16,
    "kv_heads": 16,
    "head_size": 128,
    "vocab": 102_400,
}
GEMMA3 = {
    "width": 2560,
    "ff": 10_240,
    "heads": 8,
    "kv_heads": 4,
    "head_size": 256,
    "vocab": 262_144,
}

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "70B": (SHAPE_70B, settings()),
    "70B, one sequence": (SHAPE_70B, settings(cells=32_768, num_sequences=1)),
    "70B, small values": (SHAPE_70B, settings(cells=32_768, num_sequences=1, kv_type="q8_0")),
    "70B, no flash attention": (SHAPE_70B, settings(flash=False)),
    "1B": (SHAPE_1B, settings()),
    "1B, many sequences": (
        SHAPE_1B,
        settings(cells=1024, micro_batch=128, num_sequences=240, kv_type="f32"),
    ),
    "1B, no flash attention": (SHAPE_1B, settings(cells=4096, num_sequences=4, flash=False)),
    "wide heads": ({"architecture": "qwen3", "layers": 6} | QWEN3, settings()),
    "experts": (
        {"architecture": "qwen3moe", "layers": 6, "experts": 128, "used": 8} | QWEN3_MOE,
        settings(),
    ),
    "wide experts": (
        {"architecture": "qwen3moe", "layers": 6, "experts": 64, "used": 6} | WIDE_MOE,
        settings(cells=16_384),
    ),
    "windowed": ({"architecture": "gemma3", "layers": 12, "window": 1024} | GEMMA3, settings()),
}


@pytest.mark.tiny
@pytest.mark.parametrize("case", CASES)
def test_engine_would_allocate_the_same(tmp_path: Path, case: str) -> None:
    sizes, chosen = CASES[case]
    path = write_shape(tmp_path / "shape.gguf", **sizes)
    need = memory_need(
        inspect(path),
        cells=chosen["cells"],
        num_sequences=chosen["num_sequences"],
        micro_batch_tokens=chosen["micro_batch"],
        kv_type=chosen["kv_type"],
        flash_attention=chosen["flash"],
    )
    theirs = ask_engine(path, chosen)
    assert need.weights_bytes == theirs["weights"]
    # The log rounds to a hundredth of a MiB.
    assert need.kv_bytes / MIB == pytest.approx(theirs["kv"] / MIB, abs=0.03)
    assert need.output_bytes / MIB == pytest.approx(theirs["output"] / MIB, abs=0.02)
    if chosen["kv_type"] == "f16":
        assert need.compute_bytes / MIB == pytest.approx(theirs["compute"] / MIB, abs=0.1)
    else:  # other types need a little less, or with very many sequences a little more
        assert 0.95 < need.compute_bytes / theirs["compute"] < 1.08


def ask_engine(path: Path, chosen: dict[str, Any]) -> dict[str, int]:
    """Ask llama.cpp in a process of its own, since its log is one per process."""
    asked = chosen | {"sequences": chosen["num_sequences"] + KEPT_SEQUENCES}
    del asked["num_sequences"]
    done = subprocess.run(
        [sys.executable, "-m", "support.allocations", str(path), json.dumps(asked)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        check=True,
    )
    found: dict[str, int] = json.loads(done.stdout)
    return found
