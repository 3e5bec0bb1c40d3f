"""Sizes read from the engine's log: each known line counts, and no other is guessed at."""

from __future__ import annotations

import pytest

from hearth.engine.simulation.log import read_log
from hearth.errors import EngineError

MIB = 2**20
OUTPUT = "llama_context:        CPU  output buffer size =     3.91 MiB"
COMPUTE = "sched_reserve:        CPU compute buffer size =    36.01 MiB"
KEPT = "llama_kv_cache: size =   64.00 MiB (  4096 cells,   8 layers, 32/1 seqs), K (f16):   32.00"
STATES = "llama_memory_recurrent: size =    2.16 MiB (     4 cells,  24 layers,  4 seqs), R (f32)"
NOTHING = "llama_kv_cache:        CPU KV buffer size =     0.00 MiB"
USUAL = (OUTPUT, NOTHING, KEPT, COMPUTE)


def test_parts_are_added_up() -> None:
    found = read_log((*USUAL, KEPT, STATES), weights_bytes=7)
    assert (found.weights_bytes, found.kv_bytes) == (7, 128 * MIB)
    assert found.state_bytes == pytest.approx(2.16 * MIB, abs=1)
    assert found.compute_bytes == pytest.approx(36.01 * MIB, abs=1)
    assert found.total_bytes == sum(found.parts.parts().values())


def test_scratch_memory_is_told_by_device() -> None:
    other = "sched_reserve:      CUDA0 compute buffer size =   100.00 MiB"
    found = read_log((*USUAL, other), weights_bytes=0)
    assert set(found.compute_by_device) == {"CPU", "CUDA0"}
    assert found.compute_by_device["CUDA0"] == 100 * MIB


@pytest.mark.parametrize(
    "line",
    [
        "llama_context:        CPU  secret buffer size =     3.91 MiB",
        "llama_kv_cache:        CPU KV buffer size =     8.00 MiB",  # it did take memory
        "load_tensors:          CPU model buffer size =   100.00 MiB",
        "sched_reserve:        CPU compute buffer size = nan MiB",
        "sched_reserve:        CPU compute buffer size = -36.01 MiB",
        "llama_dsa_cache: size =   64.00 MiB (  4096 cells)",
        "llama_kv_cache: size = 1e3 MiB (  4096 cells)",
    ],
)
def test_what_is_not_known_is_an_error(line: str) -> None:
    with pytest.raises(EngineError, match="does not know"):
        read_log((*USUAL, line), weights_bytes=0)


@pytest.mark.parametrize("missing", [OUTPUT, COMPUTE, KEPT])
def test_what_is_missing_is_an_error(missing: str) -> None:
    with pytest.raises(EngineError, match="did not log"):
        read_log([line for line in USUAL if line != missing], weights_bytes=0)
