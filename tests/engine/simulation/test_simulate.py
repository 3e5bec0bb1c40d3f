"""The engine's simulated load, from nothing but a header, in a child with limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.engine.simulation import Limits, SimulationSettings, simulate, simulate_file
from hearth.engine.simulation.planning import plan_exactly
from hearth.errors import EngineError, HearthError, LoadFailed
from hearth.models.blueprint import public_model, quantized
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import describe
from hearth.plan.load import confirm, plan_load
from hearth.plan.memory import memory_need
from support.shapes import GIB, machine
from support.simulations import write_header

pytestmark = pytest.mark.tiny
SETTINGS = SimulationSettings(cells=4096, sequences=17)


class Bytes:
    """A header whose file lies elsewhere: it can say what stands in it, and nothing else."""

    def __init__(self, path: Path) -> None:
        self.name = "https://models.example/model.gguf"
        self._path = path
        self.size_bytes = path.stat().st_size
        self.fetched_bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        self.fetched_bytes += length
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    model = public_model("Llama-3.1-8B").blueprint
    return write_header(tmp_path / "model.gguf", quantized(model, "Q4_K_M"))


def test_a_header_from_elsewhere_is_enough(path: Path) -> None:
    source = Bytes(path)
    header = read_header(source)
    read_bytes = source.fetched_bytes
    found = simulate([(header, source)], SETTINGS)
    assert source.fetched_bytes - read_bytes == header.data_start
    need = memory_need(describe(header), cells=4096, num_sequences=1, micro_batch_tokens=512)
    assert (found.weights_bytes, found.kv_bytes) == (need.weights_bytes, need.kv_bytes)
    assert found.compute_bytes == pytest.approx(need.compute_bytes, rel=0.01)


def test_what_the_engine_refuses_is_said(path: Path) -> None:
    with path.open("r+b") as file:
        raw = file.read(200)
        file.seek(0)
        file.write(raw.replace(b"block_count", b"block_coumt"))
    with pytest.raises(LoadFailed, match="cannot load"):
        simulate_file(path, SETTINGS)


def test_limits_hold(path: Path) -> None:
    with pytest.raises(HearthError):
        simulate_file(path, SETTINGS, limits=Limits(memory_bytes=150 << 20))


def test_a_dead_child_is_no_answer(path: Path) -> None:
    with pytest.raises(EngineError):
        simulate_file(path, SimulationSettings(cells=4096, sequences=1000))


def test_plan_takes_the_engines_figures(path: Path) -> None:
    info = replace(describe(read_header(path)), architecture="mystery")
    plan = plan_load(info, machine(memory_bytes=64 * GIB))
    assert any("estimate" in note for note in plan.notes)
    parts = simulate_file(path, SimulationSettings.of(plan, info)).parts
    confirmed = confirm(plan, info, parts)
    assert confirmed.memory.compute_bytes == parts.compute_bytes
    assert any("simulated" in note for note in confirmed.notes)
    other = confirm(plan, info, replace(parts, compute_bytes=2 * GIB))
    assert any("the formulas give" in note for note in other.notes)


def test_a_family_without_a_formula_is_asked_for(path: Path) -> None:
    known = describe(read_header(path))
    info = replace(known, architecture="mystery", files=(path,))
    plan = plan_exactly(info, machine(memory_bytes=64 * GIB))
    assert any("simulated load takes" in note for note in plan.notes)
    tight = plan_exactly(info, machine(memory_bytes=64 * GIB, available_bytes=7 * GIB))
    assert tight.total_bytes <= tight.budget_bytes
