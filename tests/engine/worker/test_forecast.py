"""How long answers will become, and what they will need until then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.worker.forecast import FIRST_GUESS, Forecast, peak_growth
from hearth.engine.worker.sequences import Phase, Sequence
from hearth.engine.worker.text import TextStream


def answer(generated: int = 0, *, prompt: int = 10, max_length: int = 10_000) -> Sequence:
    return Sequence(
        request_id=1,
        owner="",
        tokens=[0] * (prompt + generated),
        num_prompt=prompt,
        max_length=max_length,
        sampler=None,
        text=TextStream(),
        phase=Phase.ANSWER,
        computed=prompt + generated - 1,
    )


def simulated_peak(answers: list[tuple[int, int]]) -> int:
    """Let answers grow step by step, each giving its cells back when it ends."""
    grown = [0] * len(answers)
    peak = 0
    for step in range(max((remaining for remaining, _ in answers), default=0)):
        for index, (remaining, cells) in enumerate(answers):
            if step == remaining:
                grown[index] = -cells
            elif step < remaining:
                grown[index] += 1
        peak = max(peak, sum(grown))
    return peak


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=6))
def test_the_peak_is_that_of_a_simulation(answers) -> None:
    assert peak_growth(answers) == simulated_peak(answers)


def test_the_first_answer_is_guessed() -> None:
    assert Forecast().remaining(answer()) == FIRST_GUESS


def test_answers_that_ended_tell_of_others() -> None:
    forecast = Forecast()
    for length in (10, 20, 30, 40, 50):
        forecast.note(length)
    assert forecast.remaining(answer()) == 30
    assert forecast.remaining(answer(25)) == 40 - 25


def test_who_outlived_all_others_is_expected_to_go_on() -> None:
    forecast = Forecast()
    forecast.note(10)
    assert forecast.remaining(answer(300)) == 300


def test_no_answer_grows_beyond_its_end() -> None:
    assert Forecast().remaining(answer(5, prompt=10, max_length=18)) == 3


def test_old_answers_are_forgotten() -> None:
    forecast = Forecast()
    forecast.note(1000)
    for _ in range(64):
        forecast.note(5)
    assert forecast.remaining(answer()) == 5


def test_who_is_alone_needs_no_forecast() -> None:
    assert Forecast().spare_cells([], answer()) == 1


def test_prompts_that_are_still_read_need_cells() -> None:
    reading = answer(prompt=500)
    reading.phase, reading.computed = Phase.PROMPT, 100
    forecast = Forecast()
    assert forecast.spare_cells([reading], answer()) == 400 + 2 * FIRST_GUESS


@pytest.mark.parametrize("num_running", [1, 3])
def test_there_is_a_cell_for_each(num_running: int) -> None:
    forecast = Forecast()
    ending = [answer(8, prompt=10, max_length=18) for _ in range(num_running)]
    assert forecast.spare_cells(ending, answer(8, max_length=18)) == num_running + 1
