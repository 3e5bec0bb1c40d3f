"""From runs with fewer layers to the whole model, and which numbers of layers those are."""

from __future__ import annotations

import pytest

from hearth.errors import EngineError, InvalidRequest, ModelTooLarge
from hearth.measure.twin import (
    DecodeSpeed,
    Figure,
    MemoryUse,
    PromptSpeed,
    TwinOptions,
    TwinPlan,
    TwinRun,
)
from hearth.measure.twin.extrapolate import extrapolate
from hearth.measure.twin.plan import plan_twin
from hearth.models.blueprint import public_model, quantized
from hearth.models.gguf.info import describe
from hearth.plan.shape import ModelShape, shape_of_tensors
from support.shapes import GIB, machine

SHARED_S, LAYER_S = 0.004, 0.002
SHARED_BYTES, LAYER_BYTES = 50_000, 7_000


def planned(name: str, *, gib: int = 32, options: TwinOptions | None = None) -> TwinPlan:
    header = quantized(public_model(name).blueprint, "Q4_K_M").header
    here = machine(memory_bytes=gib * GIB)
    return plan_twin(describe(header), header.tensors, here, options or TwinOptions())


def made_up_run(layers: int, *, spread: float = 0.0, depth: int = 16) -> TwinRun:
    """Return the run of a model in which each layer costs the same."""
    speed = 1 / (SHARED_S + LAYER_S * layers)
    repeats = (speed * (1 - spread), speed, speed * (1 + spread))
    size = SHARED_BYTES + LAYER_BYTES * layers
    return TwinRun(
        num_layers=layers,
        how="measured",
        load_s=Figure.of((0.1 * layers,)),
        prompts=(PromptSpeed(tokens=64, tokens_per_s=Figure.of(repeats)),),
        decodes=(DecodeSpeed(depth=depth, users=1, tokens_per_s=Figure.of(repeats)),),
        memory=MemoryUse(
            weights_bytes=size,
            kv_bytes=LAYER_BYTES * layers,
            compute_bytes=123,
            output_bytes=45,
            anonymous_bytes=size,
        ),
    )


def shape(name: str = "Llama-3.2-1B") -> ModelShape:
    header = quantized(public_model(name).blueprint, "Q8_0").header
    return shape_of_tensors(describe(header), header.tensors)


def test_equal_layers_are_extrapolated_exactly() -> None:
    whole = extrapolate(shape(), made_up_run(2), made_up_run(6), kv_type="f16")
    wanted = 1 / (SHARED_S + LAYER_S * 16)
    assert (whole.num_layers, whole.how) == (16, "extrapolated")
    assert whole.prompts[0].tokens_per_s.value == pytest.approx(wanted)
    assert whole.decodes[0].tokens_per_s.value == pytest.approx(wanted)
    assert whole.memory.weights_bytes == SHARED_BYTES + LAYER_BYTES * 16
    assert whole.memory.kv_bytes == LAYER_BYTES * 16
    assert (whole.memory.compute_bytes, whole.memory.output_bytes) == (123, 45)
    assert whole.memory.anonymous_bytes == SHARED_BYTES + LAYER_BYTES * 16
    assert whole.memory.file_bytes is None
    assert whole.load_s.value == pytest.approx(1.6)


def test_an_extrapolated_range_is_wider_than_what_it_is_made_of() -> None:
    near, far = made_up_run(2, spread=0.02), made_up_run(6, spread=0.02)
    speed = extrapolate(shape(), near, far, kv_type="f16").decodes[0].tokens_per_s
    assert speed.low < speed.value < speed.high
    assert speed.spread > far.decodes[0].tokens_per_s.spread


def test_noise_never_makes_more_layers_faster() -> None:
    slow, fast = made_up_run(6), made_up_run(2)
    speed = extrapolate(shape(), slow, fast, kv_type="f16").decodes[0].tokens_per_s
    assert 0 < speed.low <= speed.value <= fast.decodes[0].tokens_per_s.value


def test_runs_that_measured_different_things_are_not_joined() -> None:
    with pytest.raises(EngineError, match="different things"):
        extrapolate(shape(), made_up_run(2), made_up_run(6, depth=99), kv_type="f16")


def test_a_model_that_fits_is_run_whole_and_one_that_does_not_in_two_parts() -> None:
    assert planned("Llama-3.1-8B").layer_counts == (32,)
    large = planned("Llama-3.1-70B")
    assert not large.is_whole
    far, near = large.layer_counts
    assert 1 <= near < far < 80
    assert large.stand_in_bytes < 16 * GIB
    assert "are free" in large.reason
    with pytest.raises(ModelTooLarge, match="Not even two layers"):
        planned("Llama-3.1-70B", gib=4)


def test_fewer_layers_take_in_whole_periods_of_the_pattern() -> None:
    # gemma 3: five windowed layers, then one that looks at everything
    far, near = planned("gemma-3-12b-it", options=TwinOptions(layers=20)).layer_counts
    assert (far % 6, near % 6) == (0, 0)
    # The first layer of DeepSeek V2 has no experts.
    assert planned("DeepSeek-V2-Lite", options=TwinOptions(layers=9)).layer_counts == (9, 3)


def test_fewer_layers_are_loaded_with_the_settings_of_the_whole() -> None:
    plan = planned("Llama-3.1-8B", options=TwinOptions(layers=8, context=4096, kv_type="q8_0"))
    few = plan.load_of(plan.layer_counts[1])
    assert (few.context.value, few.cells, few.kv_type.value) == (4096, plan.load.cells, "q8_0")
    assert few.parked_mib.value == 0
    assert "2 of 32" in str(plan).replace("and then ", "")


@pytest.mark.parametrize(
    "asked",
    [{"users": 0}, {"users": 65}, {"layers": 1}, {"repeats": 0}, {"prompt_tokens": 3}],
)
def test_options_out_of_range_are_refused_with_the_range(asked: dict[str, int]) -> None:
    (name,) = asked
    with pytest.raises(InvalidRequest, match="are allowed") as caught:
        TwinOptions(**asked)
    assert caught.value.param == name


def test_prompts_must_leave_room_for_answers_and_users() -> None:
    with pytest.raises(InvalidRequest, match="there is room for"):
        planned("Llama-3.2-1B", options=TwinOptions(context=512, prompt_tokens=500))
    with pytest.raises(InvalidRequest, match="64 users"):
        planned("Llama-3.2-1B", options=TwinOptions(context=512, prompt_tokens=256, users=64))
    assert planned("Llama-3.2-1B", options=TwinOptions(context=256)).depth == 192
