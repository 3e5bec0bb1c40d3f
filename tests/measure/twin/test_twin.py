"""A stand-in takes the memory of the real file, loads like it, and answers like a model."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound, RequestAborted
from hearth.machine.probe import read_machine
from hearth.measure.twin import (
    MemoryUse,
    TwinOptions,
    TwinResult,
    TwinRun,
    plan_try,
    try_model,
)
from hearth.measure.twin.original import write_whole
from hearth.measure.twin.plan import plan_twin
from hearth.measure.twin.run import FileRun, scope_of
from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.models.gguf.info import inspect
from hearth.models.gguf.parts import read_parts
from support.pico import write_pico

QUICK = TwinOptions(context=512, prompt_tokens=32, repeats=1)
PERCENT = 0.01


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model whose weights and caches are as large as the program around them."""
    return write_pico(
        tmp_path_factory.mktemp("real") / "real.gguf",
        num_layers=12,
        width=256,
        num_heads=8,
        num_kv_heads=4,
        feed_forward=768,
        context=2048,
    )


def run_file(path: Path) -> TwinRun:
    config = load_config()
    info = inspect(path)
    tensors = [tensor for part in read_parts(path) for tensor in part.tensors]
    plan = plan_twin(info, tensors, read_machine(config), QUICK)
    run, _ = asyncio.run(
        FileRun(plan, info, range(256), config, lambda _: None).measure(scope_of(plan))
    )
    return run


def resident_bytes(memory: MemoryUse) -> int:
    if memory.anonymous_bytes is None or memory.file_bytes is None:
        pytest.skip("this system does not tell what a process has in memory")
    return memory.anonymous_bytes + memory.file_bytes


def is_left_empty() -> bool:
    return not [each for each in (load_config().home / "twins").iterdir() if each.is_dir()]


@pytest.mark.tiny
def test_a_twin_takes_the_memory_of_the_real_file(real: Path, tmp_path: Path) -> None:
    twin = tmp_path / "twin.gguf"
    write_whole(str(real), twin, load_config())
    assert twin.stat().st_size == real.stat().st_size
    assert twin.stat().st_blocks * 512 < real.stat().st_size / 20
    ours, theirs = run_file(twin).memory, run_file(real).memory
    assert ours.allocated_bytes == theirs.allocated_bytes
    assert resident_bytes(ours) == pytest.approx(resident_bytes(theirs), rel=PERCENT)


@pytest.mark.tiny
def test_memory_extrapolated_from_fewer_layers_is_that_of_the_whole(real: Path) -> None:
    whole = try_model(str(real), load_config(), QUICK)
    asked = TwinOptions(context=512, prompt_tokens=32, repeats=1, layers=8)
    few = try_model(str(real), load_config(), asked)
    assert not whole.is_extrapolated
    assert whole.runs == (whole.whole,)
    assert few.is_extrapolated
    assert [run.num_layers for run in few.runs] == [8, 2]
    ours, theirs = few.whole.memory, whole.whole.memory
    assert ours.kv_bytes == theirs.kv_bytes
    assert ours.allocated_bytes == pytest.approx(theirs.allocated_bytes, rel=PERCENT)
    assert resident_bytes(ours) == pytest.approx(resident_bytes(theirs), rel=PERCENT)
    assert is_left_empty()


@pytest.mark.tiny
def test_a_public_model_is_tried_without_any_file() -> None:
    """One with recurrent layers, for two users at once."""
    told: list[tuple[int, int, str]] = []
    result = try_model(
        "Falcon-H1-0.5B-Base:Q8_0",
        load_config(),
        TwinOptions(context=256, prompt_tokens=16, repeats=1, users=2, layers=2),
        progress=lambda *step: told.append(step),
    )
    assert result.whole.num_layers == result.num_layers > 2
    assert result.where.startswith("https://huggingface.co/")
    assert result.fetched_bytes == 0
    speeds = [each.tokens_per_s.value for each in (*result.whole.prompts, *result.whole.decodes)]
    assert all(speed > 0 for speed in speeds)
    assert [(each.depth, each.users) for each in result.whole.decodes] == [(16, 1), (16, 2)]
    assert told == sorted(told, key=lambda step: step[0])
    assert told[-1][0] == told[-1][1] == 2 * (1 + 1 + 2), "two loads, each with three figures"
    _check_data(result)


@pytest.mark.tiny
def test_a_model_with_experts_is_tried_for_several_users(tmp_path: Path) -> None:
    small = public_model("OLMoE-1B-7B-0924").blueprint.scaled(num_layers=4, width=256)
    path = write_stand_in(tmp_path / "experts.gguf", quantized(small, "Q4_0"))
    asked = TwinOptions(context=256, prompt_tokens=16, repeats=1, users=3)
    result = try_model(str(path), load_config(), asked)
    assert not result.is_extrapolated
    assert [each.users for each in result.whole.decodes] == [1, 3]


def _check_data(result: TwinResult) -> None:
    data = result.as_data()
    assert data["whole"]["how"] == "extrapolated"
    assert len(data["runs"][0]["prompts"][0]["tokens_per_s"]["repeats"]) == 1


@pytest.mark.tiny
def test_a_try_that_is_stopped_leaves_nothing(real: Path) -> None:
    cancelled = threading.Event()

    def stop_at_the_first_prompt(done: int, total: int, doing: str) -> None:
        if doing.startswith("Prompts"):
            cancelled.set()

    with pytest.raises(RequestAborted):
        try_model(
            str(real),
            load_config(),
            QUICK,
            progress=stop_at_the_first_prompt,
            cancelled=cancelled,
        )
    assert is_left_empty()


def test_a_plan_runs_nothing_and_leaves_nothing() -> None:
    plan = plan_try("llama-3.2-1b:Q4_K_M", load_config())
    assert plan.num_layers == 16
    assert is_left_empty()


def test_what_cannot_be_tried_is_refused_with_what_can(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound) as missing:
        plan_try("no-such-model", load_config())
    assert "llama-3.1-8b:Q4_K_M" in (missing.value.hint or "")
    with pytest.raises(InvalidRequest, match="which quantization"):
        plan_try("llama-3.1-8b", load_config())
    with pytest.raises(InvalidRequest):
        plan_try("llama-3.1-8b:Q99", load_config())
    (tmp_path / "model.gguf").write_bytes(b"no model at all")
    with pytest.raises(BadModelFile):
        plan_try(str(tmp_path / "model.gguf"), load_config())


def test_callers_over_the_network_may_not_name_paths(real: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        write_whole(str(real), tmp_path / "twin.gguf", load_config(), is_trusted=False)
