"""Series, loads and long runs on simulated targets: their figures, their doubts, their evidence."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hearth.errors import InvalidRequest, QueueFull
from hearth.measure.arguments import read_arguments
from hearth.measure.speed import (
    ComparePlan,
    Request,
    SpeedPlan,
    TimedAnswer,
    by_series,
    measure_speed,
)
from hearth.measure.speed.findings import Findings
from hearth.measure.speed.loads import LoadMaker, add_load
from hearth.measure.speed.prompts import Prompts, WordCount, count_words
from hearth.measure.speed.sustained import FIRST_MINUTE, KEPT, STEADY, add_sustained
from support.live import make_config
from support.simulated_target import (
    TEMPLATE_TOKENS,
    TOKENS_PER_WORD,
    SimulatedMachine,
    SimulatedTarget,
)

QUIET = {"noise": 0.0, "drift": 0.0, "burst_chance": 0.0}
COUNT = WordCount(per_word=1.0, template=0.0, is_guessed=False)


def silent(done: int, total: int, doing: str) -> None:
    """Take no notice of how far it is."""


def quiet_target(**changes) -> SimulatedTarget:
    return SimulatedTarget(SimulatedMachine(0, **QUIET), **changes)


async def test_a_quiet_target_has_the_speeds_that_it_has(own_home) -> None:
    steps = []
    plan = SpeedPlan(prompt_lengths=(100, 200), answer_tokens=11, repeats=7, seed=3)
    draft = await measure_speed(
        quiet_target(), plan, lambda *step: steps.append(step), config=make_config(own_home)
    )
    prompt = draft.summary["prompt of 200: prompt"]
    decode = draft.summary["prompt of 200: decode"]
    assert (prompt.value, decode.value) == pytest.approx((400.0, 50.0))
    assert (decode.low, decode.high) == pytest.approx((50.0, 50.0))
    assert draft.summary["prompt of 100: gap p99"].value == pytest.approx(0.02)
    assert len(draft.repeats["prompt of 200: time to first token"]) == 7
    assert draft.items is not None
    assert len(draft.items.rows) == 14
    assert draft.command == (
        *("hearth", "bench", "speed", "http://simulated#model", "--prompt", "100"),
        *("--prompt", "200", "--answer", "11", "--seed", "3"),
    )
    assert (draft.notes, draft.circumstances.seconds >= 0) == ((), True)
    assert [done for done, _, _ in steps] == list(range(len(steps)))
    assert {total for _, total, _ in steps} == {len(steps)}


async def test_prompts_have_about_the_length_that_is_wanted() -> None:
    target = quiet_target()
    count = await count_words(target)
    assert count.per_word == pytest.approx(TOKENS_PER_WORD, rel=0.02)
    prompts = Prompts(count, seed=1)
    for wanted in (64, 500, 4000):
        words = len(prompts.text(wanted).split())
        assert TEMPLATE_TOKENS + TOKENS_PER_WORD * words == pytest.approx(wanted, rel=0.02, abs=3)
    assert prompts.text(50) != prompts.text(50)
    assert prompts.longer("abc", 100).startswith("abc ")


async def test_the_same_seed_draws_the_same_words() -> None:
    one, other = Prompts(COUNT, seed=4).text(30), Prompts(COUNT, seed=4).text(30)
    assert one.split()[1:] == other.split()[1:]
    assert one.split()[0] != other.split()[0]  # so that nobody remembers it


async def test_a_target_that_does_not_count_is_said_not_to(own_home) -> None:
    plan = SpeedPlan(prompt_lengths=(64,), depths=(32,), answer_tokens=4, repeats=2)
    draft = await measure_speed(
        quiet_target(counts=False), plan, silent, config=make_config(own_home)
    )
    assert "prompt of 64 after 32: prompt" not in draft.summary
    said = " ".join(draft.notes)
    for words in ("length is a guess", "pieces are counted instead", "read again each time"):
        assert words in said


class Cutting(SimulatedTarget):
    """Cuts long prompts, ends early, and takes everything for known."""

    async def answer(self, request: Request) -> TimedAnswer:
        answer = await super().answer(replace(request, max_tokens=min(3, request.max_tokens)))
        tokens = min(200, answer.prompt_tokens or 0)
        return replace(answer, prompt_tokens=tokens, cached_tokens=tokens)


async def test_what_a_target_does_otherwise_is_noted(own_home) -> None:
    target = Cutting(SimulatedMachine(0, **QUIET))
    plan = SpeedPlan(prompt_lengths=(40, 500), answer_tokens=9, repeats=2)
    draft = await measure_speed(target, plan, silent, config=make_config(own_home))
    said = " ".join(draft.notes)
    assert "Of prompts of 500 tokens it read 200" in said
    assert "after 3 of 9 tokens" in said
    assert "took prompts for known" in said


class Busy(SimulatedTarget):
    """Takes real time, and refuses what comes when it has enough to do."""

    running: int = 0
    most: int = 0

    async def answer(self, request: Request) -> TimedAnswer:
        if self.running >= 3:
            raise QueueFull("Too much to do.")
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.05)
            return await super().answer(request)
        finally:
            self.running -= 1


@pytest.mark.parametrize(("num_clients", "refused"), [(2, False), (6, True)])
async def test_a_closed_loop_keeps_so_many_busy(num_clients: int, refused: bool) -> None:
    target, findings = Busy(SimulatedMachine(0, **QUIET), decode_speed=1e4), Findings()
    plan = SpeedPlan(answer_tokens=3, prompt_lengths=(8,), load_s=1.0)
    maker = LoadMaker(target, plan, Prompts(COUNT, 0), lambda doing: None)
    load = await maker.closed(num_clients)
    add_load(findings, load, plan)
    assert target.most == min(num_clients, 3)
    assert bool(load.failures) == refused
    assert ("Too much to do" in " ".join(findings.notes)) == refused
    answered = findings.summary[f"{num_clients} at once: answered"]
    assert (answered.value == 100) == (not refused)
    assert len(findings.rows) == len(load.answers) + len(load.failures)


async def test_an_open_loop_sends_whether_others_are_done_or_not() -> None:
    target = Busy(SimulatedMachine(0, **QUIET), decode_speed=1e4)
    plan = SpeedPlan(answer_tokens=3, prompt_lengths=(8,), load_s=1.0)
    load = await LoadMaker(target, plan, Prompts(COUNT, 0), lambda doing: None).open(100.0)
    assert 60 <= len(load.answers) + len(load.failures) <= 140
    assert load.failures
    due = [due_s for due_s, _ in load.answers]
    assert max(due) <= 1.0
    # Times count from the moment at which a request was due, however late it was sent.
    assert min(answer.first_token_s for _, answer in load.answers) > 0


def run_of(seconds: float, speed_of) -> tuple[list[float], list[float]]:
    times = [2.0 * number + 2.0 for number in range(int(seconds / 2))]
    return times, [
        speed_of(time) * (1 + 0.01 * (-1) ** number) for number, time in enumerate(times)
    ]


def test_a_machine_that_gets_hot_is_seen_by_its_speed() -> None:
    findings = Findings()
    add_sustained(findings, *run_of(180, lambda time: 50.0 if time < 60 else 40.0), seed=0)
    assert findings.summary[FIRST_MINUTE].value == pytest.approx(50, rel=0.02)
    assert findings.summary[STEADY].value == pytest.approx(40, rel=0.02)
    assert findings.summary[KEPT].value == pytest.approx(0.8, rel=0.02)
    assert "slowed down to" in findings.notes[0]


def test_a_machine_that_keeps_its_speed_is_not_blamed() -> None:
    findings = Findings()
    add_sustained(findings, *run_of(180, lambda time: 50.0), seed=0)
    assert findings.summary[KEPT].value == pytest.approx(1.0, rel=0.02)
    assert findings.notes == []


@pytest.mark.parametrize(("seconds", "speed"), [(20, 50.0), (80, 50.0)])
def test_a_short_run_tells_nothing_of_a_steady_state(seconds: float, speed: float) -> None:
    findings = Findings()
    add_sustained(findings, *run_of(seconds, lambda time: speed), seed=0)
    assert KEPT not in findings.summary
    assert "too short" in findings.notes[0]


def test_figures_are_found_by_series() -> None:
    found = by_series({"4 at once: answered": 1, "4 at once: gap p50": 2, "energy": 3})
    assert found == {"4 at once": {"answered": 1, "gap p50": 2}, "": {"energy": 3}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"repeats": 0}, "--repeats is 0"),
        ({"answer_tokens": 1}, "--answer is 1"),
        ({"rates": [0.0]}, "--rate is 0"),
        ({"prompt_lengths": []}, "no prompt"),
        ({"repeats": "many"}, "make no measurement"),
        ({"flavour": 1}, "takes no 'flavour'"),
    ],
)
def test_a_plan_out_of_range_is_refused(data, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        read_arguments(data, SpeedPlan)


def test_a_plan_survives_being_data() -> None:
    assert read_arguments({"blocks": 9, "level": 0.9}, ComparePlan) == ComparePlan(
        blocks=9, level=0.9
    )
