"""Which answers tell something, and what is compared with what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import Timings, Usage
from hearth.engine.ledger.answer_record import AnswerFacts, answer_conditions, answer_figures
from hearth.engine.ledger.traffic import Crowd
from hearth.machine.describe import describe_machine
from hearth.plan.speeds import Speeds, predict_speeds
from hearth.store.predicted import Part
from support.made_up import made_up_shape

ALONE = Crowd(beside_prompt=1.0, writing=1.0, reading=0.0)
ANSWER = AnswerFacts(
    usage=Usage(prompt_tokens=500, completion_tokens=101, cached_tokens=100),
    timings=Timings(queue_s=0.5, prompt_s=2.0, decode_s=5.0),
    crowd=ALONE,
    number=3,
    load_average=1.0,
)
MACHINE = describe_machine("RTX 4090 + DDR5-5600 x2")


class Asked:
    """Predicts, and remembers for what."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int, int]] = []

    def __call__(self, prompt_tokens: int, depth: int, batch: int) -> Speeds:
        self.calls.append((prompt_tokens, depth, batch))
        return predict_speeds(
            made_up_shape(), MACHINE, prompt_tokens=prompt_tokens, depth=depth, batch=batch
        )


def measured(facts: AnswerFacts) -> dict[Part, float]:
    return {each.part: each.measured for each in answer_figures(facts, Asked())}


def test_each_phase_is_compared_under_its_own_conditions() -> None:
    asked = Asked()
    figures = {each.part: each for each in answer_figures(ANSWER, asked)}
    assert asked.calls == [(400, 100, 1), (400, 550, 1)]
    assert figures[Part.PROMPT].measured == pytest.approx(200)
    assert figures[Part.FIRST_TOKEN].measured == pytest.approx(2.5)
    assert figures[Part.DECODE].measured == pytest.approx(20)  # the first came with the prompt
    expected = predict_speeds(made_up_shape(), MACHINE, depth=550).decode.estimate
    assert expected is not None
    found = figures[Part.DECODE]
    assert (found.low, found.predicted, found.high) == (
        expected.low,
        expected.likely,
        expected.high,
    )
    assert answer_conditions(ANSWER)["depth"] == 550


def test_answers_beside_others_count_together() -> None:
    four = replace(ANSWER, crowd=Crowd(beside_prompt=4.0, writing=3.96, reading=0.02))
    assert measured(four) == {Part.DECODE_TOGETHER: pytest.approx(80)}


@pytest.mark.parametrize(
    "crowd",
    [
        Crowd(beside_prompt=1.5, writing=2.5, reading=0.0),
        Crowd(beside_prompt=1.5, writing=2.0, reading=0.3),
    ],
)
def test_answers_in_changing_company_tell_nothing(crowd: Crowd) -> None:
    facts = replace(ANSWER, crowd=crowd)
    assert not facts.tells_prompt_speed
    assert not facts.tells_decode_speed
    assert measured(facts) == {}


def test_an_answer_that_was_guessed_ahead_tells_nothing_of_plain_steps() -> None:
    usage = replace(ANSWER.usage, drafted_tokens=60, accepted_tokens=50)
    assert not replace(ANSWER, usage=usage).tells_decode_speed
    assert replace(ANSWER, usage=replace(usage, drafted_tokens=5)).tells_decode_speed


def test_a_few_tokens_tell_nothing() -> None:
    short = replace(ANSWER, usage=Usage(prompt_tokens=500, completion_tokens=10, cached_tokens=490))
    assert measured(short) == {}
