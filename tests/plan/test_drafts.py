"""A small model beside the one that answers: its memory is planned, and misfits are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.layers import LayerCache
from hearth.plan.load import LoadPlan, plan_load
from support.shapes import GIB, SHAPE_1B, machine, shape

MIB = 2**20
LARGE = shape(**SHAPE_1B, weight_bytes=600 * MIB)
SMALL = replace(
    shape(**(SHAPE_1B | {"layers": 2, "width": 256, "ff": 512, "heads": 4, "kv_heads": 2})),
    weight_bytes=40 * MIB,
    name="small",
)


def plan(draft=SMALL, **options) -> LoadPlan:
    asked = LoadOptions(draft_model="small" if draft else None, **options)
    return plan_load(LARGE, machine(), asked, draft=draft)


def test_none_is_used_unless_asked_for() -> None:
    alone = plan(draft=None)
    assert alone.draft_model == Choice(value="none", reason="none was asked for")
    assert alone.draft_files == ()


def test_both_models_memory_is_planned() -> None:
    alone, both = plan(draft=None), plan()
    assert both.draft_model.value == "small"
    assert both.draft_files == tuple(str(file) for file in SMALL.files)
    assert both.budget_bytes == alone.budget_bytes
    assert both.context == alone.context
    more = both.total_bytes - alone.total_bytes
    kv_bytes = 2 * 2 * 2 * 128 * both.context.value  # layers, K and V, f16, width of the heads
    assert both.memory.kv_bytes - alone.memory.kv_bytes == kv_bytes
    assert 40 * MIB + kv_bytes < more < 40 * MIB + kv_bytes + 64 * MIB
    assert both.memory.host.total_bytes == both.memory.total_bytes
    assert both.memory.resident_bytes > alone.memory.resident_bytes + 40 * MIB
    assert "draft model" in str(both)


def test_the_context_leaves_room_for_both() -> None:
    budget = plan(draft=None).total_bytes
    found = plan_load(
        LARGE, machine(), LoadOptions(draft_model="small"), draft=SMALL, budget_bytes=budget
    )
    assert found.total_bytes <= budget
    assert found.context.value < 8192 or found.cells.value < 16_384


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vocab_size": 777}, "777 tokens"),
        ({"weight_bytes": GIB}, "not the smaller"),
        ({"layers": (LayerCache(key_width=0, value_width=0, state_bytes=MIB),)}, "taken back"),
    ],
)
def test_models_that_do_not_fit_together_are_refused(change, reason) -> None:
    with pytest.raises(InvalidRequest, match=reason) as caught:
        plan(draft=replace(SMALL, **change))
    assert caught.value.param == "draft_model"


def test_a_draft_model_without_speculation_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="speculation is off"):
        plan(speculation="off")
