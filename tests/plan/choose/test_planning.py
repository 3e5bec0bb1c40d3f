"""Plans as a person gets them: the choice, its reasons, the alternatives and their costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hearth.errors import InvalidRequest, ModelNotFound
from hearth.machine.describe import describe_machine
from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.plan.choose import ModelPlan, plan_model
from hearth.plan.choose.published import find_published, published_names, published_subject
from hearth.plan.choose.subject import requantized
from hearth.plan.choose.wishes import wishes_of
from hearth.plan.corrections import Correction
from hearth.store.predicted import Part

GAMER = "RTX 4090 + 64 GB DDR5-6000 x2"
OFFICE = "16 GB DDR5-5600 x2"


def plan(name: str, machine: str, **wishes: Any) -> ModelPlan:
    return plan_model(published_subject(name), describe_machine(machine), wishes_of(**wishes))


def test_a_plan_says_what_and_why() -> None:
    made = plan("Llama-3.1-8B", GAMER)
    assert made.verdict == "fits"
    assert all(choice.reason for choice in made.choices.values())
    assert {"quantization", "context", "keys and values", "split"} <= set(made.choices)
    text = str(made)
    for said in ("Llama-3.1-8B", "fits", "tokens/s", "or quantization"):
        assert said in text


def test_purposes_differ() -> None:
    fast, best = (plan("Llama-3.1-8B", OFFICE, purpose=each) for each in ("fast", "quality"))
    assert fast.offer.decode is not None
    assert best.offer.decode is not None
    assert fast.offer.decode > best.offer.decode
    assert (fast.offer.loss or 0) > (best.offer.loss or 0)
    long = plan("Llama-3.1-8B", OFFICE, purpose="long")
    assert long.offer.settings.context > plan("Llama-3.1-8B", OFFICE).offer.settings.context
    assert long.fits
    many = plan("Llama-3.1-8B", GAMER, purpose="many")
    assert many.offer.settings.users == 8
    assert many.offer.settings.cells == 8 * many.offer.settings.context


def test_what_is_asked_for_is_taken() -> None:
    wishes = {"context": 4096, "quantization": "Q6_K", "kv_type": "q8_0", "users": 2}
    settings = plan("Llama-3.1-8B", GAMER, **wishes).offer.settings
    assert (settings.context, settings.quantization) == (4096, "Q6_K")
    assert (settings.kv_type, settings.users) == ("q8_0", 2)


def test_attention_has_its_full_matrix_where_a_load_would_choose_it() -> None:
    office = describe_machine("32 GB DDR5-5600 x2")
    known = replace(office, cpu=replace(office.cpu, flags=("avx2",)))
    subject = published_subject("Llama-3.2-1B")
    made, unknown = (plan_model(subject, each, wishes_of()) for each in (known, office))
    assert made.choices["attention"].value == "full matrix"
    assert "64 numbers" in made.choices["attention"].reason
    assert made.offer.memory.compute_bytes > unknown.offer.memory.compute_bytes
    assert "attention" not in unknown.choices
    assert "attention" not in plan_model(subject, known, wishes_of(users=9)).choices
    assert "attention" not in plan_model(published_subject("Llama-3.1-8B"), known).choices


def test_too_large_is_an_answer_with_ways_out() -> None:
    made = plan("Llama-3.1-8B", "8 GB DDR5-5600 x2", quantization="Q8_0", context=8192)
    assert made.verdict == "too large"
    assert 1 <= len(made.alternatives) <= 3
    assert all(each.offer.fits for each in made.alternatives)
    hopeless = plan("Llama-3.1-405B", OFFICE)
    assert not hopeless.fits
    assert not hopeless.alternatives
    assert any(step.startswith("hearth advise") for step in hopeless.next_steps)


def test_memory_that_nobody_named_is_not_known() -> None:
    made = plan("Llama-3.1-8B", "DDR5-5600 x2")
    assert made.verdict == "not known"
    assert made.offer.decode is not None
    unknown = plan("Llama-3.1-8B", "64 GB")
    assert unknown.offer.speeds is None
    assert unknown.missing


def test_alternatives_tell_what_changes() -> None:
    made = plan("Llama-3.1-8B", GAMER, quantization="Q4_K_M")
    costs = {(each.kind, each.what): each.cost for each in made.alternatives}
    smaller = costs["quantization", "Q4_0"]
    assert "less" in smaller
    assert "instead of +2.8%" in smaller
    assert "more" in costs["quantization", "Q5_K_M"]
    assert "less" in costs["context", "4,096 tokens"]
    assert "slower" in costs["split", "all on the processor"]


def test_corrections_are_applied_and_shown() -> None:
    subject, profile = published_subject("Llama-3.1-8B"), describe_machine(OFFICE)
    wishes = wishes_of(quantization="Q4_K_M")
    correction = Correction(
        part=Part.DECODE, factor=0.5, low=0.4, high=0.6, spread=1.1, num_records=9, num_own=0
    )
    plain = plan_model(subject, profile, wishes)
    made = plan_model(subject, profile, wishes, corrections={Part.DECODE: correction})
    assert plain.offer.decode is not None
    assert made.offer.decode == pytest.approx(plain.offer.decode / 2)
    assert made.corrections == (f"decode: {correction}",)


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"purpose": "cheap"}, "purpose 'cheap'"),
        ({"context": 10**6}, "trained for 131,072"),
        ({"context": 0}, "context"),
        ({"users": 0}, "users"),
        ({"kv_type": "q3_0"}, "q3_0"),
        ({"quantization": "Q77"}, "Q77"),
        ({"prompt_tokens": 0}, "prompt"),
    ],
)
def test_wishes_out_of_range_are_refused(wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        plan("Llama-3.1-8B", GAMER, **wishes)


def test_well_known_models_are_found_by_any_of_their_names() -> None:
    names = ("llama 3.1 8b", "Llama-3.1-8B", "meta-llama/Llama-3.1-8B", "LLAMA_3.1_8B")
    assert {found.name for each in names if (found := find_published(each))} == {"Llama-3.1-8B"}
    assert find_published("8b") is None
    for name in published_names():
        assert published_subject(name).name == name


@pytest.mark.parametrize("name", ["Llama-3.1-8B", "Llama-3.1-405B"])
def test_another_quantization_has_the_size_of_real_files(name: str) -> None:
    subject = published_subject(name)
    smaller = requantized(subject, "Q4_K_M")
    bits = 8 * smaller.info.weight_bytes / subject.info.num_parameters
    assert bits == pytest.approx(4.89, abs=0.1)  # of llama.cpp's table for an 8B
    in_parts = sum(part.weight_bytes for part in smaller.shape.parts)
    assert in_parts <= smaller.info.weight_bytes * 1.001
    assert requantized(smaller, "q4_k_m") is smaller


def test_nothing_of_that_name(own_home: object) -> None:
    from hearth.config import load_config
    from hearth.plan.choose import plan_by_name

    with pytest.raises(ModelNotFound, match="no such model"):
        plan_by_name(load_config(), "no such model", machine=OFFICE)


def test_a_file_outside_the_library_is_called_by_what_finds_it(
    own_home: object, tmp_path: Path
) -> None:
    from hearth.config import load_config
    from hearth.plan.choose import plan_by_name

    blueprint = public_model("SmolLM2-135M").blueprint.scaled(num_layers=2)
    path = write_stand_in(tmp_path / "mine at home.gguf", quantized(blueprint, "Q8_0"))
    plan = plan_by_name(load_config(), str(path), machine=OFFICE)
    assert plan.model == str(path)
    assert any(f"'{path}'" in command for command in plan.next_steps)
