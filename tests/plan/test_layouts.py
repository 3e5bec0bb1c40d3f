"""Which layout a load takes, what two at once cost, and what tuning keeps for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.machine.facts import read_facts
from hearth.models.blueprint import public_model, quantized
from hearth.models.gguf.info import ModelInfo, describe
from hearth.models.gguf.layers import LayerCache
from hearth.plan.layouts import AUTO, FASTER, READ_SO_ANYWAY, SWAPPED
from hearth.plan.load import LoadPlan, plan_load
from hearth.plan.memory import kv_bytes, memory_need
from hearth.plan.tunings import Tuning, identity_of, keep_tuning, tuned_layout
from support.shapes import machine

MIB = 2**20
SPLIT = Choice(value="split", reason="measured")


@pytest.fixture(scope="module")
def info() -> ModelInfo:
    """Return a model of which most weights have an order of the processor's own."""
    return describe(quantized(public_model("Llama-3.1-8B").blueprint, "Q4_K_M").header)


@pytest.fixture(scope="module")
def small() -> ModelInfo:
    """Return a model with heads of 64, whose answers have the full matrix on a processor."""
    return describe(quantized(public_model("Llama-3.2-1B").blueprint, "Q4_0").header)


def plan(
    info: ModelInfo,
    *,
    tuned: Choice[str] | None = None,
    budget_bytes: int | None = None,
    **options: object,
) -> LoadPlan:
    asked = LoadOptions(**options)  # type: ignore[arg-type]
    return plan_load(info, machine(), asked, budget_bytes=budget_bytes, tuned=tuned)


def test_without_a_reason_for_another_weights_are_repacked(info: ModelInfo) -> None:
    assert plan(info).layout == Choice(value="repacked", reason=FASTER)
    assert plan(info, layout=AUTO).layout == plan(info).layout


@pytest.mark.parametrize("layout", ["plain", "repacked", "split"])
def test_what_is_asked_for_is_taken(info: ModelInfo, layout: str) -> None:
    assert plan(info, layout=layout).layout == Choice(value=layout, reason="as asked")


def test_an_unknown_layout_is_refused_with_those_that_there_are(info: ModelInfo) -> None:
    with pytest.raises(InvalidRequest, match="auto, plain, repacked, split, apart are possible"):
        plan(info, layout="upside-down")


def test_what_was_tuned_is_taken_unless_somebody_asks(info: ModelInfo) -> None:
    assert plan(info, tuned=SPLIT).layout == SPLIT
    assert plan(info, tuned=SPLIT, layout="plain").layout.value == "plain"


def test_copies_that_do_not_fit_are_not_made(info: ModelInfo) -> None:
    weights_bytes = plan(info).memory.weights_bytes
    found = plan(info, context=512, budget_bytes=weights_bytes, force=True, tuned=SPLIT)
    assert found.layout == Choice(value="plain", reason=SWAPPED)


def test_two_layouts_that_do_not_fit_become_one(info: ModelInfo) -> None:
    need = plan(info, context=512).total_bytes
    found = plan(info, context=512, budget_bytes=need + MIB, tuned=SPLIT)
    assert found.layout.value == "repacked"
    assert "does not fit" in found.layout.reason


def test_two_layouts_take_the_memory_of_both(info: ModelInfo) -> None:
    one, both = plan(info, context=4096), plan(info, context=4096, layout="split")
    cost = memory_need(
        info,
        cells=4096,
        num_sequences=1,
        micro_batch_tokens=512,
        repack=False,
        flash_attention=one.flash_attention.value != "off",
        cpu_flags=machine().cpu.flags,
    )
    more = both.memory.anonymous_bytes - one.memory.anonymous_bytes
    assert cost.kv_bytes < more < cost.kv_bytes + cost.compute_bytes + 64 * MIB
    assert both.total_bytes - one.total_bytes >= more + one.memory.repacked_bytes
    assert both.memory.reclaimable_bytes < one.memory.reclaimable_bytes
    assert both.memory.resident_bytes - one.memory.resident_bytes == more


def test_a_reader_of_the_same_weights_takes_no_second_copy(small: ModelInfo) -> None:
    one, both = plan(small, context=4096), plan(small, context=4096, layout="apart")
    assert one.flash_attention.value == both.flash_attention.value == "off"
    assert both.layout == Choice(value="apart", reason="as asked")
    assert both.memory.weights_bytes == one.memory.weights_bytes
    sequence_bytes = kv_bytes(small, cells=4096, kv_type="f16")
    assert both.memory.kv_bytes == one.memory.kv_bytes + sequence_bytes
    assert both.memory.compute_bytes > one.memory.compute_bytes


@pytest.mark.parametrize("options", [{"flash_attention": "on"}, {"kv_type": "q8_0"}])
def test_nothing_is_read_apart_with_the_attention_of_answers(
    small: ModelInfo, options: dict[str, str]
) -> None:
    asked = plan(small, layout="apart", **options)
    found = plan(small, tuned=Choice(value="apart", reason="measured"), **options)
    assert asked.layout == found.layout == Choice(value="repacked", reason=READ_SO_ANYWAY)


def test_a_running_state_cannot_be_split(info: ModelInfo) -> None:
    state = LayerCache(key_width=0, value_width=0, state_bytes=1024)
    recurrent = replace(info, layers=(state, *info.layers[1:]))
    with pytest.raises(InvalidRequest, match="recurrent state"):
        plan(recurrent, layout="split")
    found = plan(recurrent, tuned=SPLIT)
    assert found.layout.value == "repacked"
    assert "recurrent state" in found.layout.reason


# -- what is kept of tuning --


@pytest.fixture
def config() -> Config:
    return load_config()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights" * 1000)
    return path


def tuning(config: Config, file: Path, **changes: str) -> Tuning:
    kept = Tuning(
        identity=identity_of([file]),
        machine=read_facts(config).fingerprint,
        layout="plain",
        evidence="0123456789ab",
    )
    return replace(kept, **changes)


def test_a_layout_is_kept_for_the_bytes_it_was_measured_with(config: Config, file: Path) -> None:
    assert tuned_layout(config, [file]) is None
    keep_tuning(config, tuning(config, file))
    found = tuned_layout(config, [file])
    assert found is not None
    assert found.value == "plain"
    assert "hearth evidence show 0123456789ab" in found.reason
    renamed = file.rename(file.with_name("other.gguf"))
    assert tuned_layout(config, [renamed]) == found
    renamed.write_bytes(b"changed" * 1000)
    assert tuned_layout(config, [renamed]) is None


def test_the_last_tuning_counts(config: Config, file: Path) -> None:
    keep_tuning(config, tuning(config, file))
    keep_tuning(config, tuning(config, file, layout="repacked"))
    found = tuned_layout(config, [file])
    assert found is not None
    assert found.value == "repacked"


@pytest.mark.parametrize("changes", [{"machine": "another"}, {"layout": "sideways"}])
def test_another_machine_and_unknown_layouts_do_not_count(
    config: Config, file: Path, changes: dict[str, str]
) -> None:
    keep_tuning(config, tuning(config, file, **changes))
    assert tuned_layout(config, [file]) is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"layout": "plain"}', b"\xff\xfe"])
def test_a_damaged_file_is_as_none(config: Config, file: Path, text: bytes) -> None:
    keep_tuning(config, tuning(config, file))
    (path,) = config.tunings_dir.iterdir()
    path.write_bytes(text)
    assert tuned_layout(config, [file]) is None
