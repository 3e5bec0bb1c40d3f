"""Texts longer than a model was trained for: what is refused, and what a scaling allows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.rope import RotaryPositions
from hearth.plan.load import LoadPlan, plan_load
from hearth.plan.rope import RopeScaling
from support.shapes import SHAPE_1B, machine, shape

ROTARY = RotaryPositions(dimensions=64)
MODEL = shape(**SHAPE_1B, weight_bytes=600 * 2**20, context_length=2048, rotary=ROTARY)


def plan(**options: object) -> LoadPlan:
    return plan_load(MODEL, machine(), LoadOptions(**options))  # type: ignore[arg-type]


def refused(model: object = MODEL, **options: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        plan_load(model, machine(), LoadOptions(**options))  # type: ignore[arg-type]
    return caught.value


@pytest.mark.parametrize("text", ["yarn:2", "ntk:4", "linear:1.5"])
def test_a_scaling_is_read_and_written(text: str) -> None:
    assert str(RopeScaling.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "yarn", "yarn:", "yarn:0.5", "yarn:nan", "other:2", "ntk:1e9"]
)
def test_what_is_no_scaling_is_refused(text: str) -> None:
    assert "METHOD:FACTOR" in str(refused(rope=text))
    assert refused(rope=text).param == "rope"


@pytest.mark.parametrize("force", [False, True])
def test_more_context_than_trained_for_needs_a_scaling(force: bool) -> None:
    error = refused(context=5000, force=force)
    assert error.param == "context"
    assert "trained for 2,048" in str(error)
    assert "--context 5000 --rope yarn:3" in (error.hint or "")
    found = plan(context=5000, rope="yarn:3")
    assert (found.context.value, found.rope.value) == (5000, "yarn:3")
    assert "changes every answer" in found.rope.reason


def test_a_scaling_that_does_not_reach_says_how_far_it_does() -> None:
    error = refused(context=5000, rope="linear:2")
    assert "4,096 with linear:2" in str(error)
    assert "--context 4096" in (error.hint or "")


def test_no_scaling_is_named_that_there_is_not() -> None:
    assert "--rope" not in (refused(context=2048 * 100).hint or "")
    assert "--rope" not in (refused(replace(MODEL, rotary=None), context=4096).hint or "")


def test_who_scales_gets_all_of_it_and_the_plan_shows_its_memory() -> None:
    usual, scaled = plan(), plan(rope="ntk:8")
    assert scaled.context.value == 16_384
    assert "trained for 2,048" in scaled.context.reason
    assert scaled.memory.kv_bytes == 8 * usual.memory.kv_bytes
    assert "ntk:8" in str(scaled)


@pytest.mark.parametrize("rope", [None, "none"])
def test_positions_are_as_in_the_file_where_nobody_asks(rope: str | None) -> None:
    found = plan(rope=rope)
    assert found.rope.value == "none"
    assert found.context.value == 2048


def test_a_model_without_rotary_positions_cannot_be_scaled() -> None:
    error = refused(replace(MODEL, rotary=None), rope="yarn:2")
    assert "no rotary positions" in str(error)
    assert "2,048" in (error.hint or "")


def test_a_file_that_scales_is_scaled_further_in_its_own_way_only() -> None:
    file = replace(ROTARY, scaling="yarn", factor=4.0, original_context=512)
    model = replace(MODEL, rotary=file)
    found = plan_load(model, machine(), LoadOptions(rope="yarn:2"))
    assert found.context.value == 4096
    assert "yarn:4" in found.rope.reason
    assert "yarn:4" in plan_load(model, machine()).rope.reason
    assert "--rope yarn:2" in (refused(model, rope="linear:2").hint or "")
    assert "--rope yarn:2" in (refused(model, context=4096).hint or "")


def test_a_file_with_factors_of_its_own_cannot_be_scaled() -> None:
    model = replace(MODEL, rotary=replace(ROTARY, scaling="longrope", original_context=512))
    assert "2,048 tokens without" in (refused(model, rope="yarn:2").hint or "")
    assert "--rope" not in (refused(model, context=4096).hint or "")
