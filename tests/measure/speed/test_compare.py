"""Comparisons: what is the same is not told apart, and what is slower is found."""

from __future__ import annotations

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.speed import ComparePlan, Target, compare, ratios_of
from hearth.measure.speed.compare import ask_in_turn
from hearth.measure.speed.findings import Findings
from hearth.measure.statistics import Ratio, Verdict
from support.live import make_config
from support.simulated_target import SimulatedMachine, SimulatedTarget

SESSIONS = 100
PLAN = ComparePlan(answer_tokens=16)


def silent(done: int, total: int, doing: str) -> None:
    """Take no notice of how far it is."""


async def session(a: Target, b: Target, plan: ComparePlan = PLAN) -> dict[str, Ratio]:
    findings = Findings()
    await ask_in_turn(a, b, plan, findings, silent)
    return ratios_of(findings.repeats, plan)


async def test_a_target_against_itself_cannot_be_told_apart() -> None:
    told = 0
    for seed in range(SESSIONS):
        target = SimulatedTarget(SimulatedMachine(seed))
        ratios = await session(target, target)
        told += any(ratio.verdict is not Verdict.CANNOT_TELL for ratio in ratios.values())
    assert told <= 0.05 * SESSIONS


async def test_looking_again_and_again_tells_apart_no_more_than_looking_once() -> None:
    plan = ComparePlan(answer_tokens=4, blocks=12, max_blocks=48)
    told = 0
    for seed in range(SESSIONS):
        target = SimulatedTarget(SimulatedMachine(seed))
        ratios = await session(target, target, plan)
        told += any(ratio.verdict is not Verdict.CANNOT_TELL for ratio in ratios.values())
    assert told <= 0.05 * SESSIONS


async def test_a_planted_slowdown_of_ten_percent_is_found() -> None:
    found = wrong = 0
    for seed in range(SESSIONS):
        machine = SimulatedMachine(seed)
        ratios = await session(SimulatedTarget(machine, slowdown=1.1), SimulatedTarget(machine))
        found += all(ratio.verdict is Verdict.LESS for ratio in ratios.values())
        wrong += any(ratio.verdict is Verdict.MORE for ratio in ratios.values())
    assert found >= 0.9 * SESSIONS
    assert wrong == 0


async def test_a_clear_difference_ends_it_early() -> None:
    machine = SimulatedMachine(1)
    slow, fast = SimulatedTarget(machine, slowdown=1.5), SimulatedTarget(machine)
    plan = ComparePlan(answer_tokens=4, blocks=12, max_blocks=96)
    ratios = await session(slow, fast, plan)
    assert {ratio.num_pairs for ratio in ratios.values()} == {12}
    assert plan.looks == (12, 24, 48, 96)


async def test_both_go_first_equally_often_and_no_prompt_comes_twice() -> None:
    machine = SimulatedMachine(2)
    a, b = SimulatedTarget(machine), SimulatedTarget(machine)
    findings = Findings()
    await ask_in_turn(a, b, ComparePlan(answer_tokens=2, blocks=6), findings, silent)
    sides = "".join(str(row[0]) for row in findings.rows)
    assert len(sides) == 24
    assert {sides[start : start + 4] for start in range(0, 24, 4)} == {"abba", "baab"}
    prompts = [request.prompt for request in a.asked + b.asked]
    assert len({prompt.split()[0] for prompt in prompts}) == len(prompts)


async def test_a_comparison_becomes_evidence_of_two(own_home) -> None:
    machine = SimulatedMachine(3)
    a, b = SimulatedTarget(machine), SimulatedTarget(machine, slowdown=2.0)
    plan = ComparePlan(answer_tokens=4, blocks=9, level=0.95, seed=5)
    draft = await compare(a, b, plan, silent, config=make_config(own_home))
    assert [subject.role for subject in draft.subjects] == ["a", "b"]
    assert draft.summary["decode: times faster"].value == pytest.approx(2.0, rel=0.2)
    assert len(draft.repeats["b: decode"]) == 18
    assert ratios_of(draft.repeats, plan)["decode"].verdict is Verdict.MORE
    assert draft.command[:3] == ("hearth", "bench", "compare")
    assert draft.command[-6:] == ("--blocks", "9", "--level", "0.95", "--seed", "5")


async def test_two_that_do_not_fit_at_once_are_refused(own_home) -> None:
    machine = SimulatedMachine(4)
    a, b = SimulatedTarget(machine, is_in_memory=False), SimulatedTarget(machine)
    with pytest.raises(InvalidRequest, match="do not fit at once"):
        await compare(a, b, PLAN, silent, config=make_config(own_home))
    assert a.asked == []


async def test_answers_of_one_piece_leave_decoding_out() -> None:
    findings = Findings()
    machine = SimulatedMachine(5)
    target = SimulatedTarget(machine, decode_speed=1e300)  # all at once
    await ask_in_turn(target, target, PLAN, findings, silent)
    assert "decode: times faster" not in findings.summary
    assert "too short" in findings.notes[-1]
