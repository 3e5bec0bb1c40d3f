"""Which layout stays, which format is proposed, and why: on made-up figures."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Figure
from hearth.measure.quants.siblings import Sibling
from hearth.measure.statistics import paired_ratio
from hearth.measure.tuning import Proposal, TuningPlan, TuningPoint, propose
from hearth.measure.tuning.entrants import Entrant, layouts_of
from hearth.measure.tuning.layouts import SPLIT_LIMIT, by_speed, fastest_of, is_allowed
from hearth.models.blueprint import public_model, quantized
from hearth.models.gguf.info import ModelInfo, describe

AVX2 = frozenset({"avx2"})


def info(quantization: str) -> ModelInfo:
    return describe(quantized(public_model("Llama-3.1-8B").blueprint, quantization).header)


def entrants(*layouts: str) -> list[Entrant]:
    sibling = Sibling(name="model", path=Path("model.gguf"), info=info("Q4_0"), is_reference=True)
    return [Entrant(sibling=sibling, layout=each, is_shipped=False) for each in layouts]


def rounds(**seconds: float) -> dict[str, list[float]]:
    """Return seconds of ten rounds by name; what disturbs one meets all."""
    draw = random.Random(1)
    common = [1 + 0.5 * draw.random() for _ in range(10)]
    return {
        name: [each * moment * (1 + 0.01 * (draw.random() - 0.5)) for moment in common]
        for name, each in seconds.items()
    }


def seconds_of(**seconds: float) -> dict[str, list[float]]:
    return {f"model, {name}": values for name, values in rounds(**seconds).items()}


# -- layouts --


def test_types_without_an_order_of_their_own_have_one_layout() -> None:
    assert layouts_of(info("Q8_0"), AVX2) == ("plain",)
    assert layouts_of(info("Q4_0"), frozenset()) == ("plain",)
    assert layouts_of(info("Q4_K_M"), AVX2) == ("repacked", "plain", "split")


def test_where_answers_have_the_full_matrix_prompts_may_be_read_apart() -> None:
    def small(quantization: str) -> ModelInfo:
        return describe(quantized(public_model("Llama-3.2-1B").blueprint, quantization).header)

    assert layouts_of(small("Q8_0"), AVX2) == ("plain", "apart")
    assert layouts_of(small("Q4_0"), AVX2) == ("repacked", "plain", "apart", "split")


def test_the_fastest_layout_comes_first() -> None:
    found = by_speed(
        entrants("repacked", "plain", "split"), seconds_of(repacked=2.0, plain=1.5, split=1.2)
    )
    assert [one.layout for one in found] == ["split", "plain", "repacked"]


def test_of_equally_fast_layouts_the_simplest_comes_first() -> None:
    seconds = seconds_of(repacked=2.0, plain=1.203, split=1.2)
    found = by_speed(entrants("repacked", "plain", "split"), seconds)
    assert [one.layout for one in found] == ["plain", "split", "repacked"]
    equal = fastest_of(entrants("repacked", "plain", "split"), seconds)
    assert [one.layout for one in equal] == ["plain", "split"]


def test_two_layouts_at_once_are_allowed_below_a_limit_of_divergence() -> None:
    (split,) = entrants("split")
    (plain,) = entrants("plain")
    near, far = SPLIT_LIMIT / 2, SPLIT_LIMIT * 2
    assert is_allowed(plain, None)
    assert not is_allowed(split, None)
    assert is_allowed(split, Figure(value=near, low=near, high=near))
    assert not is_allowed(split, Figure(value=near, low=0.0, high=far))


# -- formats --


def point(name: str, distance: float | None, **marks: bool) -> TuningPoint:
    speed = Figure(value=100.0, unit="tokens/s")
    far = None if distance is None else Figure(value=distance, low=distance, high=distance)
    return TuningPoint(
        name=name,
        model=name,
        quantization="Q4_0",
        layout="repacked",
        digest="",
        size_bytes=100,
        prompt=speed,
        decode=speed,
        request=Figure(value=1.0, unit="s"),
        distance=far,
        perplexity=None if distance is None else Figure(value=1.02),
        same_top=None if distance is None else Figure(value=0.9),
        **marks,
    )


SHIPPED = point("shipped", 0.0, is_shipped=True)
NEAR, FAR, SLOWER = point("near", 0.04), point("far", 0.5), point("slower", None)


def proposal(points: list[TuningPoint], **seconds: float) -> Proposal:
    taken = rounds(**seconds)
    contenders = [one for one in points if one.distance is not None]
    gains = {
        one.name: {"request": paired_ratio(taken["shipped"], taken[one.name])} for one in contenders
    }
    timed = [replace(one, request=Figure(value=seconds[one.name], unit="s")) for one in contenders]
    return propose(points, timed, gains, taken, 0.1)


def test_the_fastest_that_is_close_enough_is_proposed_with_its_figures() -> None:
    found = proposal([SHIPPED, NEAR, FAR, SLOWER], shipped=2.0, near=1.0, far=0.5, slower=1.5)
    assert found.choice.name == "near"
    assert [one.is_choice for one in found.points] == [False, True, False, False]
    said = " ".join(found.notes)
    assert "request 2.0" in said
    assert "0.04 nats per token" in said
    assert "+2.00% perplexity" in said
    assert "Further off than 0.1 nats per token: far." in said
    assert "far: times as fast" in said
    assert "To accept that: --limit 0.5" in said
    summary = found.summary()
    assert summary["request, times as fast"].value == pytest.approx(2.0, rel=0.02)
    assert summary["divergence"].value == 0.04
    assert "near: prompt" in summary
    assert "slower: distance" not in summary


def test_what_is_as_fast_already_stays() -> None:
    found = proposal([SHIPPED, NEAR], shipped=1.0, near=1.3)
    assert found.choice.is_shipped
    assert "as fast as anything that is close enough" in found.notes[0]


# -- plans --


def test_a_plan_is_the_command_that_makes_it_again() -> None:
    plan = TuningPlan(model="starter", candidates=("Q4_0",), rounds=5, limit=0.2)
    assert plan.command == (
        *("hearth", "tune", "starter", "Q4_0"),
        *("--rounds", "5", "--limit", "0.2"),
    )
    assert read_arguments(plan.arguments(), TuningPlan) == plan
    alone = TuningPlan(model="starter", layouts_only=True)
    assert alone.command == ("hearth", "tune", "starter", "--layouts-only")
    assert read_arguments(alone.arguments(), TuningPlan) == alone


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"model": 3},
        {"model": "starter", "rounds": 1},
        {"model": "starter", "candidates": ["Q4_0"], "layouts_only": True},
    ],
)
def test_a_plan_that_cannot_be_is_refused(arguments: dict) -> None:
    with pytest.raises(InvalidRequest):
        read_arguments(arguments, TuningPlan)
