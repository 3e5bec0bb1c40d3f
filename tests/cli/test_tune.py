"""`hearth tune`: what would be tried, what is proposed, and how it is used."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path

import pytest

from hearth.cli import tune
from hearth.config import ensure_home, load_config
from hearth.measure.tuning import TuningPlan
from support.command import Hearth
from support.pico import write_pico

QUICK = ("--rounds", "3", "--prompt", "16", "--answer", "4", "--context", "128")


@pytest.fixture
def model(own_home: Path) -> str:
    config = load_config()
    ensure_home(config)
    write_pico(config.models_dir / "pico.gguf", context=2048)
    return "pico"


@pytest.mark.tiny
def test_a_dry_run_shows_what_would_be_tried_and_makes_nothing(
    hearth: Hearth, model: str, own_home: Path
) -> None:
    planned = hearth("tune", model, "q8_0", "--dry-run")
    assert planned.status == 0, planned.err
    assert "Q8_0" in planned.out
    assert "8 requests of 512 and 64 tokens" in planned.err
    data = json.loads(hearth("tune", model, "--dry-run", "--json").out)
    assert set(data["candidates"]) == {offer["quantization"] for offer in data["offers"]}
    assert [path.name for path in (own_home / "models").iterdir()] == ["pico.gguf"]


@pytest.mark.tiny
def test_a_model_is_tuned_and_what_was_found_is_used(hearth: Hearth, model: str) -> None:
    asked = (model, "--layouts-only", *QUICK, "--max-tokens", "1024")
    tuned = hearth("tune", *asked)
    assert tuned.status == 0, tuned.err
    assert "as it is without tuning" in tuned.out
    assert "as fast as anything that is close enough" in tuned.err
    applied = hearth("tune", *asked, "--apply")
    assert applied.status == 0, applied.err
    assert "pico is loaded plain from now on" in applied.err
    record = applied.out.rsplit("evidence ", 1)[1].strip()
    assert record == tuned.out.rsplit("evidence ", 1)[1].strip()  # it was not measured again
    plan = hearth("load", model, "--dry-run")
    assert record in plan.out


@pytest.mark.tiny
def test_what_cannot_be_tried_is_refused(hearth: Hearth, model: str) -> None:
    refused = hearth("tune", model, "Q4_0", "--layouts-only")
    assert (refused.status, "not both" in refused.err) == (2, True)
    assert hearth("tune", "no-such-model").status == 1


def test_the_options_have_the_plan_s_defaults() -> None:
    plan = {field.name: field.default for field in fields(TuningPlan)}
    options = inspect.signature(tune.tune).parameters
    assert {
        name: options[name].default
        for name in ("max_tokens", "context", "rounds", "limit", "seed", "layouts_only")
    } == {
        name: plan[name]
        for name in ("max_tokens", "context", "rounds", "limit", "seed", "layouts_only")
    }
    assert options["prompt"].default == plan["prompt_tokens"]
    assert options["answer"].default == plan["answer_tokens"]
