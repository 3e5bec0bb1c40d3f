"""Ways out of a refusal: three, each of which really leads out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import LoadOptions
from hearth.errors import HearthError, ModelTooLarge
from hearth.plan.load import plan_load
from hearth.plan.ways_out import Held
from support.shapes import GIB, SHAPE_1B, SHAPE_70B, machine, shape

MIB = 2**20
SMALL = shape(**SHAPE_1B, weight_bytes=600 * MIB)
LARGE = shape(**SHAPE_70B, weight_bytes=40 * GIB, num_parameters=70 * 10**9)
BUDGET = 900 * MIB


def refused(options: LoadOptions, **settings: object) -> ModelTooLarge:
    with pytest.raises(ModelTooLarge) as caught:
        plan_load(SMALL, machine(), options, budget_bytes=BUDGET, **settings)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("context", [20_000, 60_000, 131_072])
@pytest.mark.parametrize("kv_type", ["f32", "f16", "q8_0", "q4_0"])
def test_there_are_three_and_their_options_lead_out(context: int, kv_type: str) -> None:
    asked = LoadOptions(context=context, kv_type=kv_type)
    details = refused(asked).details
    assert details
    assert details["free_bytes"] == BUDGET < details["need"]["total"]
    assert len(details["ways_out"]) == 3
    for way in details["ways_out"]:
        if way["kind"] in ("context", "kv_type", "sequences"):
            options = replace(asked, **way["options"])
            assert plan_load(SMALL, machine(), options, budget_bytes=BUDGET).total_bytes <= BUDGET
            # How attention is computed is settled last, and its matrix may take more or less.
            flash = replace(options, flash_attention="on")
            plan = plan_load(SMALL, machine(), flash, budget_bytes=BUDGET)
            assert plan.total_bytes == way["need_bytes"] <= BUDGET


@pytest.mark.parametrize("gib", [1, 2, 16, 40])
def test_there_are_three_for_any_machine(gib: int) -> None:
    with pytest.raises(ModelTooLarge) as caught:
        plan_load(LARGE, machine(memory_bytes=gib * GIB))
    assert caught.value.details
    assert len(caught.value.details["ways_out"]) == 3
    assert caught.value.hint
    assert "3. " in caught.value.hint


def test_loaded_models_are_named_the_smallest_that_suffices() -> None:
    held = [Held(name="huge", total_bytes=9 * GIB), Held(name="small one", total_bytes=200 * MIB)]
    first = refused(LoadOptions(context=8192), loaded=held).details["ways_out"][0]  # type: ignore[index]
    assert first["kind"] == "unload"
    assert "`hearth unload 'small one'`" in first["text"]
    assert "huge" not in first["text"]


def test_layers_on_a_gpu_are_a_way_out() -> None:
    options = LoadOptions(context=8192, gpu_layers=1)
    error = refused(options, gpu_memory_bytes=4 * GIB)
    first = error.details["ways_out"][0]  # type: ignore[index]
    assert first["kind"] == "gpu_layers"
    found = plan_load(
        SMALL,
        machine(),
        replace(options, **first["options"]),
        budget_bytes=BUDGET,
        gpu_memory_bytes=4 * GIB,
    )
    assert found.memory.host.total_bytes <= BUDGET


def test_figures_cross_borders() -> None:
    error = refused(LoadOptions(context=8192))
    again = HearthError.from_data(error.as_data())
    assert isinstance(again, ModelTooLarge)
    assert again.details == error.details


def test_a_forced_load_says_whether_it_swaps() -> None:
    forced = LoadOptions(force=True)
    slow = plan_load(LARGE, machine(memory_bytes=16 * GIB), forced)
    assert any("nothing is swapped" in note for note in slow.notes)
    much = LoadOptions(force=True, context=131_072)
    swapped = plan_load(LARGE, machine(memory_bytes=16 * GIB), much)
    assert any("without enough swap" in note for note in swapped.notes)
    with_swap = machine(memory_bytes=16 * GIB)
    with_swap = replace(with_swap, memory=replace(with_swap.memory, swap_bytes=100 * GIB))
    assert any("must swap" in note for note in plan_load(LARGE, with_swap, much).notes)
