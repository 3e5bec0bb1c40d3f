"""From joules of spans to joules of a token, by hand."""

from __future__ import annotations

import pytest

from hearth.machine.power import Energy
from hearth.measure.energy.tokens import Span, token_energy


def span(joules: float, seconds: float, *, prompt: int = 1, answer: int = 1) -> Span:
    energy = Energy(
        joules=joules,
        low=joules * 0.9,
        high=joules * 1.1,
        seconds=seconds,
        covers=("processor",),
        method="a counter",
    )
    return Span(prompt_tokens=prompt, answer_tokens=answer, energy=energy)


def test_joules_are_divided_by_tokens_and_ranges_kept() -> None:
    answers = [span(100, 2, answer=50), span(110, 2, answer=50), span(120, 2.5, answer=50)]
    prompts = [span(80, 2, prompt=1000), span(80, 2, prompt=1000), span(80, 2, prompt=1000)]
    found = token_energy("a model", answers, prompts, idle_watts=25.0)
    assert found.answer_joules.likely == pytest.approx(2.2)
    assert found.answer_joules.low == pytest.approx(2.0 * 0.9)
    assert found.answer_joules.high == pytest.approx(2.4 * 1.1)
    assert found.answer_speed.likely == 25
    assert found.answer_speed.low == 20
    assert found.answer_watts.likely == pytest.approx(55)
    assert found.answer_watts.low <= 55 <= found.answer_watts.high
    assert found.prompt_joules.likely == pytest.approx(0.08)
    assert found.prompt_watts.likely == pytest.approx(40)
    assert (found.num_spans, found.is_whole) == (3, False)


def test_what_is_drawn_anyway_can_be_taken_off() -> None:
    found = token_energy("m", [span(100, 2, answer=50)], [span(80, 2, prompt=1000)], 25.0)
    above = found.above_idle(found.answer_joules, found.answer_speed)
    assert above is not None
    assert above.likely == pytest.approx(1.0)  # 25 W over 1/25 s is 1 J of the 2
    unknown = token_energy("m", [span(100, 2)], [span(80, 2)], None)
    assert unknown.above_idle(unknown.answer_joules, unknown.answer_speed) is None
