"""`hearth quantize` and `hearth bench quants` from the command line."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

from hearth.cli.bench import quants
from hearth.measure.quants import DEFAULT_LIMIT, QuantsPlan
from support.command import Hearth
from support.pico import write_pico

QUICK = ("--rounds", "3", "--prompt", "16", "--answer", "4", "--context", "128")


@pytest.fixture(scope="module")
def pico_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a pico model with room for prompts of words, of which each letter is a token."""
    return write_pico(tmp_path_factory.mktemp("models") / "pico.gguf", context=2048)


@pytest.mark.tiny
def test_a_model_is_made_listed_and_told_of(hearth: Hearth, pico_path: Path) -> None:
    made = hearth("quantize", str(pico_path), "q4_0")
    assert made.status == 0, made.err
    assert "pico-Q4_0" in made.out
    assert "times smaller than pico" in made.out
    assert "hearth bench distance" in made.err
    assert "pico-Q4_0" in hearth("models", "list").out
    again = hearth("quantize", str(pico_path), "q4_0")
    assert (again.status, "is there already" in again.err) == (2, True)


@pytest.mark.tiny
def test_without_a_type_all_are_listed(hearth: Hearth, pico_path: Path) -> None:
    listed = hearth("quantize", str(pico_path))
    assert listed.status == 0, listed.err
    assert "Q8_0" in listed.out
    assert "it is this already" in listed.out
    assert "Llama 3.1 8B" in listed.err
    found = json.loads(hearth("quantize", str(pico_path), "--json").out)
    assert {offer["quantization"] for offer in found} >= {"Q8_0", "Q4_K_M", "Q4_0"}


@pytest.mark.tiny
def test_a_dry_run_writes_nothing(hearth: Hearth, pico_path: Path, own_home: Path) -> None:
    planned = hearth("quantize", str(pico_path), "Q8_0", "--name", "half", "--dry-run")
    assert planned.status == 0, planned.err
    assert "half.gguf" in planned.out
    data = json.loads(hearth("quantize", str(pico_path), "Q8_0", "--dry-run", "--json").out)
    assert (data["quantization"], data["name"]) == ("Q8_0", "pico-Q8_0")
    assert list((own_home / "models").iterdir()) == []


@pytest.mark.starter
def test_what_is_quantized_already_is_not_simply_quantized_again(
    hearth: Hearth, starter_path: Path
) -> None:
    refused = hearth("quantize", "starter", "Q4_0")
    assert refused.status == 2
    assert "quantized already (Q4_1)" in refused.err
    assert "--allow-requantize" in refused.err
    planned = hearth("quantize", "starter", "Q4_0", "--dry-run")
    assert "comes on top" in planned.out
    assert "--allow-requantize" in hearth("quantize", "starter").err


@pytest.mark.tiny
def test_quantizations_are_put_side_by_side(hearth: Hearth, pico_path: Path) -> None:
    found = hearth("bench", "quants", str(pico_path), "Q8_0", *QUICK)
    assert found.status == 0, found.err
    assert "the sensible one" in found.out
    assert "nats per token from the reference" in found.out
    assert "evidence " in found.out
    assert "Made for this" in found.err
    assert "pico-Q8_0" in found.out


def test_nothing_to_compare_is_wrong_usage(hearth: Hearth) -> None:
    refused = hearth("bench", "quants", "starter", "Q8_0", "--rounds", "1")
    assert (refused.status, "--rounds is 1" in refused.err) == (2, True)


def test_the_options_have_the_plans_defaults() -> None:
    usual = QuantsPlan(model="m")
    given = inspect.signature(quants.bench_quants).parameters
    assert given["limit"].default == DEFAULT_LIMIT == usual.limit
    assert given["max_tokens"].default == usual.max_tokens
    assert given["context"].default == usual.context
    assert given["prompt"].default == usual.prompt_tokens
    assert given["answer"].default == usual.answer_tokens
    assert given["rounds"].default == usual.rounds
