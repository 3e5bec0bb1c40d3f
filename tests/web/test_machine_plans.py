"""The form of a plan and its answer, the can-run grid, and a twin beside its prediction."""

from __future__ import annotations

from typing import Any

import pytest

from hearth.core import ModelState, ModelStatus
from hearth.errors import InvalidRequest
from hearth.machine.describe import describe_machine
from hearth.plan.choose import ModelPlan, Subject, plan_model
from hearth.plan.choose.can_run import can_run
from hearth.plan.choose.published import find_published
from hearth.web.components.plan_answer import draw_answer, load_options, memory_bar, summary, way
from hearth.web.components.plan_form import CONTEXTS, USERS, Asked, contexts_of, draw_form
from hearth.web.components.runs_grid import draw_runs, grid_rows
from hearth.web.components.runs_grid import summary as runs_summary
from hearth.web.components.twin import draw_twin

LARGE = describe_machine("64 GB DDR5-6000 x2")
SMALL = describe_machine("10 GB DDR5-6000 x2")


@pytest.fixture(scope="module")
def model() -> Subject:
    found = find_published("llama 3.1 8b")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def fitting(model: Subject) -> ModelPlan:
    asked = Asked(model=model.name, quantization="Q4_K_M", context=8192, users=4)
    return plan_model(model, LARGE, asked.wishes(model))


@pytest.fixture(scope="module")
def too_large(model: Subject) -> ModelPlan:
    asked = Asked(model=model.name, quantization="Q8_0", context=16_384, kv_type="f16")
    return plan_model(model, SMALL, asked.wishes(model))


# --- the form ---------------------------------------------------------------------------------


def test_sliders_give_places_in_their_lists(model: Subject) -> None:
    command = {"model": "m", "purpose": "fast", "context": "3", "users": "2", "kv_type": "q8_0"}
    asked = Asked.of(command)
    assert (asked.context, asked.users, asked.purpose) == (CONTEXTS[3], USERS[2], "fast")
    wishes = asked.wishes(model)
    assert (wishes.context, wishes.users, wishes.kv_type) == (CONTEXTS[3], USERS[2], "q8_0")
    assert wishes.quantization is None


def test_nothing_asked_leaves_all_to_the_plan(model: Subject) -> None:
    wishes = Asked.of({"model": "m"}).wishes(model)
    assert (wishes.context, wishes.users, wishes.quantization, wishes.kv_type) == (None,) * 4


@pytest.mark.parametrize(
    "command", [{"purpose": "evil"}, {"context": "-1"}, {"users": "many"}, {"context": ""}]
)
def test_what_no_form_sends_is_refused(command: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        Asked.of(command)


def test_no_context_is_longer_than_the_model_was_trained_for(model: Subject) -> None:
    assert contexts_of(model)[-1] == model.info.context_length
    asked = Asked.of({"context": "99"})
    assert asked.wishes(model).context == model.info.context_length


def test_the_form_shows_what_is_asked(model: Subject) -> None:
    asked = Asked(model=model.name, context=4096, users=8, quantization="Q6_K")
    html = draw_form(asked, model, {"Here": [model.name, "<b>"], "Away": []})
    assert 'aria-valuetext="4,096 tokens"' in html
    assert 'aria-valuetext="8 users"' in html
    assert '<option value="Q6_K" selected>' in html
    assert "<b>" not in html
    assert "Away" not in html


# --- the answer -------------------------------------------------------------------------------


def test_the_answer_says_whether_it_fits_in_words_and_bytes(fitting: ModelPlan) -> None:
    html = draw_answer(fitting, is_here=False, status=None)
    assert 'data-fits="fits"' in html
    assert "It fits" in html
    assert "Answers, 4 users together" in html
    assert "plan-load" not in html
    assert "tokens/s" in summary(fitting)


def test_the_bar_adds_up_to_the_need(fitting: ModelPlan) -> None:
    (share,) = fitting.offer.devices
    bar = memory_bar(fitting, share)
    assert sum(segment.size_bytes for segment in bar.segments) == share.total_bytes
    assert sum(segment.width for segment in bar.segments) < 100
    assert bar.limit_at == 100


def test_what_does_not_fit_is_told_with_ways_out(too_large: ModelPlan) -> None:
    html = draw_answer(too_large, is_here=True, status=None)
    assert "does not fit" in summary(too_large)
    assert "Ways out" in html
    assert "More than there is" in html
    assert "plan-load" not in html
    (share,) = too_large.offer.devices
    limit = memory_bar(too_large, share).limit_at
    assert limit is not None
    assert limit < 100


def test_a_way_out_sets_the_form(too_large: ModelPlan) -> None:
    for other in too_large.alternatives:
        data = way(too_large, other).data
        if data:
            asked = Asked.of(data)
            assert asked.quantization == other.offer.settings.quantization
            assert asked.context <= other.offer.settings.context


def test_a_model_that_is_here_can_be_loaded_as_planned(fitting: ModelPlan) -> None:
    assert 'data-do="plan-load"' in draw_answer(fitting, is_here=True, status=None)
    options = load_options(fitting)
    assert options is not None
    assert (options.context, options.num_sequences, options.gpu_layers) == (8192, 4, None)
    loading = ModelStatus(name="m", path="/m", state=ModelState.LOADING, progress=0.5)
    assert "Loading, 50 %" in draw_answer(fitting, is_here=True, status=loading)


# --- what runs --------------------------------------------------------------------------------


def test_every_cell_says_in_a_word_whether_it_runs() -> None:
    found = can_run(SMALL, context=4096, min_speed=10)
    rows = list(grid_rows(found))
    assert len(rows) == len(found.rows)
    assert {cell.word for row in rows for cell in row.cells} == {"runs", "slow", "too large"}
    assert rows[0].size
    html = draw_runs(found)
    assert html.count('scope="row"') == len(rows)
    assert "too large" in html
    assert runs_summary(found).startswith(tuple("0123456789"))


# --- twins ------------------------------------------------------------------------------------


def twin_result(quantization: str) -> dict[str, Any]:
    speed = {"value": 20.0, "low": 19.0, "high": 21.0, "repeats": [19.0, 20.0, 21.0]}
    return {
        "model": "<i>m</i>",
        "quantization": quantization,
        "weight_bytes": 10**9,
        "fetched_bytes": 0,
        "seconds": 12.0,
        "settings": {
            "cells": "8,192",
            "num_sequences": "16",
            "micro_batch_tokens": "512",
            "kv_type": "f16",
            "flash_attention": "auto",
        },
        "notes": ["a note"],
        "whole": {
            "how": "extrapolated",
            "prompts": [{"tokens": 512, "tokens_per_s": speed}],
            "decodes": [{"depth": 512, "users": 1, "tokens_per_s": speed}],
            "memory": {
                "weights_bytes": 10**9,
                "kv_bytes": 10**8,
                "compute_bytes": 10**8,
                "output_bytes": 10**6,
            },
        },
    }


def test_a_twin_stands_beside_its_prediction(model: Subject) -> None:
    html = draw_twin(twin_result("F16"), model, LARGE)
    assert "<i>" not in html
    assert "extrapolated" in html
    assert "Answers after 512 tokens" in html
    assert "20 tok/s" in html
    assert html.count("%</td>") >= 5


def test_a_twin_of_an_unknown_model_has_its_measurements_alone() -> None:
    html = draw_twin(twin_result("F16"), None, LARGE)
    assert "20 tok/s" in html
    assert "%</td>" not in html
