"""Plans: what is chosen, what is refused, and that each choice gives its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import Choice, LoadOptions
from hearth.errors import BadModelFile, InvalidRequest, ModelTooLarge
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.layers import LayerCache
from hearth.plan.choices import MAX_SEQUENCES
from hearth.plan.load import LoadPlan, free_memory, plan_load
from support.shapes import GIB, SHAPE_1B, SHAPE_70B, machine, shape

MIB = 2**20
MODEL = shape(**SHAPE_1B, weight_bytes=600 * MIB)


def plan(**options: object) -> LoadPlan:
    return plan_load(MODEL, machine(), LoadOptions(**options))  # type: ignore[arg-type]


def test_defaults() -> None:
    found = plan()
    assert (found.context.value, found.cells.value) == (8192, 16_384)
    assert found.num_sequences.value == 16
    assert (found.batch_tokens.value, found.micro_batch_tokens.value) == (512, 128)
    assert (found.threads.value, found.threads_batch.value) == (8, 8)
    assert (found.flash_attention.value, found.kv_type.value) == ("off", "f16")
    assert (found.gpu_layers.value, found.layout.value) == (0, "repacked")
    assert found.total_bytes == found.memory.total_bytes <= found.budget_bytes


def test_every_choice_has_a_reason_and_the_plan_prints_itself() -> None:
    found = plan()
    for name, choice in found.choices().items():
        assert choice.reason, name
        assert name.replace("_", " ") in str(found)
        assert choice.reason in str(found)
    assert "weights 600 MiB" in str(found)


def test_short_model_gets_all_it_was_trained_for() -> None:
    found = plan_load(replace(MODEL, context_length=512), machine())
    assert found.context == Choice(value=512, reason="all that it was trained for")
    assert found.cells.value == 1024


def test_what_is_asked_for_is_taken() -> None:
    found = plan(context=1000, num_sequences=3, threads=5, kv_type="f32")
    assert found.context == Choice(value=1000, reason="as asked")
    assert found.cells.value == 2048
    assert (found.num_sequences.value, found.threads.value) == (3, 5)
    assert found.kv_type.value == "f32"


def test_context_shrinks_to_fit_when_nobody_asked() -> None:
    usual = plan(context=8192, flash_attention="on")
    need = usual.total_bytes - usual.memory.kv_bytes // 2
    found = plan_load(MODEL, machine(), budget_bytes=need - 100 * MIB)
    assert 512 <= found.context.value < 8192
    assert found.context.value % 512 == 0
    assert found.total_bytes <= found.budget_bytes
    assert "8,192" in found.context.reason
    assert found.cells.value == found.context.value


def test_context_that_was_asked_for_is_not_changed() -> None:
    with pytest.raises(ModelTooLarge, match=r"context of 8,192 tokens .* are free") as caught:
        plan_load(MODEL, machine(), LoadOptions(context=8192), budget_bytes=900 * MIB)
    assert "--context" in (caught.value.hint or "")
    assert "--force" in (caught.value.hint or "")


def test_suggested_context_works() -> None:
    budget = 900 * MIB
    with pytest.raises(ModelTooLarge) as caught:
        plan_load(MODEL, machine(), LoadOptions(context=8192), budget_bytes=budget)
    words = (caught.value.hint or "").replace(",", " ").replace(";", " ").split()
    context = int(words[words.index("--context") + 1])
    assert plan_load(MODEL, machine(), LoadOptions(context=context), budget_bytes=budget)


def test_g22_model_larger_than_memory() -> None:
    large = shape(**SHAPE_70B, weight_bytes=40 * GIB)
    with pytest.raises(ModelTooLarge, match=r"weights 40\.00 GiB") as caught:
        plan_load(large, machine(memory_bytes=16 * GIB))
    assert "smaller model" in (caught.value.hint or "")
    forced = plan_load(large, machine(memory_bytes=16 * GIB), LoadOptions(force=True))
    assert "forced" in forced.context.reason


def test_endless_context_is_answered_at_once() -> None:
    info = replace(MODEL, context_length=2**31 - 1)
    with pytest.raises(ModelTooLarge, match="context of 2,147,483,647"):
        plan_load(info, machine(), LoadOptions(context=2**31 - 1))


@pytest.mark.parametrize(
    ("kv_type", "smaller"), [("f32", "f16"), ("f16", "q8_0"), ("q8_0", "q4_0"), ("q4_0", None)]
)
def test_smaller_values_are_suggested(kv_type: str, smaller: str | None) -> None:
    options = LoadOptions(context=100_000, kv_type=kv_type)
    with pytest.raises(ModelTooLarge) as caught:
        plan_load(MODEL, machine(), options, budget_bytes=900 * MIB)
    assert ("--kv-type" in (caught.value.hint or "")) == (smaller is not None)
    assert f"--kv-type {smaller}" in (caught.value.hint or "") or smaller is None


def test_recurrent_models_run_fewer_sequences() -> None:
    info = replace(MODEL, layers=(LayerCache(key_width=0, value_width=0, state_bytes=10 * MIB),))
    found = plan_load(info, machine()).num_sequences
    assert found.value == 4
    assert "10 MiB" in found.reason


def test_answers_are_guessed_ahead_unless_somebody_or_the_model_forbids() -> None:
    assert plan().speculation.value == plan(speculation="auto").speculation.value == "auto"
    assert plan(speculation="off").speculation == Choice(value="off", reason="as asked")
    recurrent = LayerCache(key_width=0, value_width=0, state_bytes=MIB)
    found = plan_load(replace(MODEL, layers=(recurrent,)), machine()).speculation
    assert found.value == "off"
    assert "recurrent" in found.reason
    with pytest.raises(InvalidRequest, match="auto and off"):
        plan(speculation="often")


def test_pool_is_one_context_where_memory_is_tight() -> None:
    once = plan(context=8192).total_bytes - plan(context=8192).memory.kv_bytes // 2
    found = plan_load(MODEL, machine(), LoadOptions(context=8192), budget_bytes=once + MIB)
    assert found.cells.value == 8192


def test_free_memory_leaves_a_reserve() -> None:
    assert free_memory(machine(memory_bytes=10 * GIB)) == 10 * GIB - GIB // 2
    assert free_memory(machine(memory_bytes=100 * GIB)) == 99 * GIB
    assert free_memory(machine(memory_bytes=10 * GIB, available_bytes=1000)) == 0


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"context": 0}, "context"),
        ({"context": 2**40}, "context"),
        ({"context": 131_073}, "context"),
        ({"num_sequences": 0}, "num_sequences"),
        ({"num_sequences": MAX_SEQUENCES + 1}, "num_sequences"),
        ({"threads": 0}, "threads"),
        ({"threads": 100_000}, "threads"),
        ({"gpu_layers": -1}, "gpu_layers"),
        ({"gpu_layers": 10}, "gpu_layers"),
        ({"kv_type": "q5_1"}, "kv_type"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict[str, object], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        plan(**options)
    assert caught.value.param == param


def test_small_heads_do_not_fill_a_block() -> None:
    info = replace(MODEL, key_length=16, value_length=16)
    with pytest.raises(InvalidRequest, match="packs 32 numbers"):
        plan_load(info, machine(), LoadOptions(kv_type="q8_0"))


def test_models_that_write_no_text_are_refused() -> None:
    with pytest.raises(BadModelFile, match="an embedding model"):
        plan_load(replace(MODEL, cannot_chat="an embedding model"), machine())


# --- machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cpu", "threads", "reason"),
    [
        ({}, 8, "whole core"),
        ({"num_usable": 4, "num_physical": 4}, 4, "may use, of 16"),
        ({"quota": 2.5}, 2, "quota is 2.5"),
        ({"quota": 0.5}, 1, "quota is 0.5"),
        ({"quota": 64.0}, 8, "whole core"),
        ({"num_physical": 16}, 16, "one for each core"),
    ],
)
def test_threads(cpu: dict[str, object], threads: int, reason: str) -> None:
    found = plan_load(MODEL, machine(**cpu)).threads
    assert found.value == threads
    assert reason in found.reason


def test_more_threads_than_cores_are_taken_and_said() -> None:
    assert "more than the 16 usable" in plan(threads=20).threads.reason


def test_quantized_values_need_flash_attention() -> None:
    assert plan(kv_type="q8_0").flash_attention.value == "on"


def test_without_flash_attention_there_is_the_full_matrix_to_hold() -> None:
    found = plan(flash_attention="off")
    assert (found.flash_attention.value, found.flash_attention.reason) == ("off", "as asked")
    flash = plan(flash_attention="on")
    assert flash.flash_attention == Choice(value="on", reason="as asked")
    assert found.memory.compute_bytes > flash.memory.compute_bytes
    assert plan(flash_attention="auto") == plan()


WINDOWED = replace(MODEL, layers=tuple(replace(one, windowed=True) for one in MODEL.layers))
WIDE = replace(MODEL, key_length=128, value_length=128)


@pytest.mark.parametrize(
    ("info", "options"),
    [
        (MODEL, {"num_sequences": 9}),
        (WINDOWED, {}),
        (WIDE, {}),
        (replace(MODEL, architecture="unheard of"), {}),
    ],
)
def test_flash_attention_stays_where_it_is_faster(info: ModelInfo, options: dict[str, int]) -> None:
    asked = LoadOptions(**options)  # type: ignore[arg-type]
    assert plan_load(info, machine(), asked).flash_attention.value == "auto"


def test_the_full_matrix_is_held_where_memory_is_plenty_and_was_measured() -> None:
    usual = plan()
    assert "matrix takes 186 MiB more" in usual.flash_attention.reason
    short = plan(context=512, num_sequences=1)
    assert short.flash_attention.reason == "answers come faster so on a processor"
    tight = plan_load(MODEL, machine(), LoadOptions(context=32_768), budget_bytes=3 * GIB)
    assert tight.flash_attention.value == "auto"
    other = plan_load(MODEL, machine(flags=frozenset({"asimd"})))
    assert other.flash_attention.value == "auto"
    with_gpu = plan_load(MODEL, machine(), gpu_memory_bytes=GIB)
    assert with_gpu.flash_attention.value == "auto"


@pytest.mark.parametrize("options", [{"flash_attention": "no"}, {"kv_type": "q8_0"}])
def test_attention_that_cannot_be_had_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="flash") as caught:
        plan(**{"flash_attention": "off"} | options)
    assert caught.value.param == "flash_attention"
    assert "--flash-attention" in caught.value.hint


def test_who_needs_the_full_matrix_is_offered_no_smaller_values() -> None:
    asked = LoadOptions(context=8192, flash_attention="off")
    with pytest.raises(ModelTooLarge) as caught:
        plan_load(MODEL, machine(), asked, budget_bytes=900 * MIB)
    assert "--kv-type" not in str(caught.value.hint)


def test_family_without_flash_attention() -> None:
    info = replace(MODEL, architecture="grok")
    found = plan_load(info, machine())
    assert found.flash_attention.value == "off"
    assert found.memory.compute_bytes > plan(flash_attention="on").memory.compute_bytes
    with pytest.raises(InvalidRequest, match="flash attention"):
        plan_load(info, machine(), LoadOptions(kv_type="q8_0"))
    with pytest.raises(InvalidRequest, match="flash attention"):
        plan_load(info, machine(), LoadOptions(flash_attention="on"))


def test_layers_go_to_a_device_with_memory() -> None:
    total = plan().total_bytes
    layers = MODEL.num_layers + 1
    everything = plan_load(MODEL, machine(), gpu_memory_bytes=2 * total)
    assert everything.gpu_layers.value == layers
    half = plan_load(MODEL, machine(), gpu_memory_bytes=total // 2)
    assert 0 < half.gpu_layers.value < layers
    asked = plan_load(MODEL, machine(), LoadOptions(gpu_layers=3), gpu_memory_bytes=total)
    assert asked.gpu_layers == Choice(value=3, reason="as asked")


def test_notes_say_what_is_not_exact() -> None:
    assert "needs more" in plan_load(replace(MODEL, exact_memory=False), machine()).notes[-1]
