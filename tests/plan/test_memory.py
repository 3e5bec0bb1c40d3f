"""The closed formulas, against figures measured and against the engine's own allocator."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hearth.models.info import inspect
from hearth.models.layers import LayerCache
from hearth.plan.memory import (
    KEPT_SEQUENCES,
    compute_bytes,
    kept_sequences,
    kv_bytes,
    memory_need,
    padded_cells,
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
    assert kv_bytes(info, cells=8192, num_sequences=5) == 5000
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


@pytest.mark.tiny
@pytest.mark.parametrize("sizes", [SHAPE_70B, SHAPE_1B], ids=["70B", "1B"])
@pytest.mark.parametrize(
    ("cells", "micro_batch", "num_sequences", "kv_type", "flash"),
    [
        (8192, 512, 16, "f16", True),
        (32_768, 512, 1, "f16", True),
        (32_768, 512, 1, "q8_0", True),
        (1024, 128, 240, "f32", True),
        (4096, 512, 4, "f16", False),
    ],
)
def test_engine_would_allocate_the_same(
    tmp_path: Path,
    sizes: dict[str, int],
    cells: int,
    micro_batch: int,
    num_sequences: int,
    kv_type: str,
    flash: bool,
) -> None:
    path = write_shape(tmp_path / "shape.gguf", **sizes)
    need = memory_need(
        inspect(path),
        cells=cells,
        num_sequences=num_sequences,
        micro_batch_tokens=micro_batch,
        kv_type=kv_type,
        flash_attention=flash,
    )
    settings = {
        "cells": cells,
        "micro_batch": micro_batch,
        "sequences": num_sequences + KEPT_SEQUENCES,
        "kv_type": kv_type,
        "flash": flash,
    }
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "support.allocations", str(path), json.dumps(settings)],
        capture_output=True,
        text=True,
        cwd=tests,
        check=True,
    )
    theirs = json.loads(done.stdout)
    assert need.weights_bytes == theirs["weights"]
    # The log rounds to a hundredth of a MiB.
    assert need.kv_bytes / MIB == pytest.approx(theirs["kv"] / MIB, abs=0.02)
    assert need.output_bytes / MIB == pytest.approx(theirs["output"] / MIB, abs=0.02)
    if kv_type == "f16":
        assert need.compute_bytes / MIB == pytest.approx(theirs["compute"] / MIB, abs=0.1)
    else:  # other types need a little less, or with very many sequences a little more
        assert 0.95 < need.compute_bytes / theirs["compute"] < 1.08
