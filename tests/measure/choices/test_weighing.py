"""Weighing answers by the probability of each."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence

import pytest

from hearth.core import Message
from hearth.engine.scoring import Continued
from hearth.errors import RequestAborted
from hearth.measure.choices.planted import PlantedSpeaker
from hearth.measure.choices.weighing import AT_ONCE, Ask, Prompt, log_sum, weigh


class Table:
    """A model whose log-probabilities are written down, by the text of the continuation."""

    def __init__(self, logprobs: dict[str, float]) -> None:
        self.logprobs = logprobs
        self.asked: list[list[str]] = []

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        return [*messages[-1].content.encode()]

    def tokenize(self, text: str) -> list[int]:
        return [*text.encode()]

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        found = []
        for _, answers in prompts:
            texts = [bytes(answer).decode() for answer in answers]
            self.asked.append(texts)
            found.append(
                [Continued(logprob=self.logprobs[text], is_greedy=False) for text in texts]
            )
        return found


def told(done: int, total: int, doing: str) -> None:
    """Take progress, and tell nobody."""


def weighed(logprobs: dict[str, float], *answers: tuple[str, ...]) -> tuple[float, ...]:
    (found,) = weigh(Table(logprobs), [Ask.of("?", answers)], progress=told, doing="")
    return found


def test_spellings_of_an_answer_add_up() -> None:
    yes, no = weighed(
        {"Yes": math.log(0.3), "yes": math.log(0.2), "No": math.log(0.1)}, ("Yes", "yes"), ("No",)
    )
    assert math.exp(yes) == pytest.approx(0.5)
    assert math.exp(no) == pytest.approx(0.1)


def test_a_spelling_that_goes_on_from_another_does_not_count_twice() -> None:
    (yes,) = weighed({"Yes": math.log(0.5), "Yes.": math.log(0.4)}, ("Yes.", "Yes", "Yes"))
    assert math.exp(yes) == pytest.approx(0.5)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 0.1])
def test_what_is_no_log_probability_is_no_figure(bad: float) -> None:
    yes, no = weighed({"Yes": bad, "No": -1.0}, ("Yes",), ("No",))
    assert math.isnan(yes)
    assert no == -1.0


def test_an_impossible_spelling_takes_nothing_from_the_others() -> None:
    (yes,) = weighed({"Yes": -math.inf, "yes": -1.0}, ("Yes", "yes"))
    assert yes == pytest.approx(-1.0)


def test_many_questions_are_told_as_they_are_done_and_can_be_stopped() -> None:
    asks = [Ask.of(str(number), (("a",), ("b",))) for number in range(AT_ONCE + 1)]
    seen: list[tuple[int, int]] = []
    cancelled = threading.Event()

    def progress(done: int, total: int, doing: str) -> None:
        seen.append((done, total))
        assert doing == "Asking"

    table = Table({"a": -1.0, "b": -2.0})
    assert len(weigh(table, asks, progress=progress, doing="Asking")) == AT_ONCE + 1
    assert seen == [(0, AT_ONCE + 1), (AT_ONCE, AT_ONCE + 1), (AT_ONCE + 1, AT_ONCE + 1)]
    cancelled.set()
    with pytest.raises(RequestAborted):
        weigh(table, asks, progress=progress, doing="Asking", cancelled=cancelled)


def test_a_planted_speaker_says_what_it_was_given_and_gives_probabilities() -> None:
    first = Ask.of("one?", (("Yes", " yes"), ("No",)))
    other = Ask.of("one?", (("Up",), ("Down",)))
    speaker = PlantedSpeaker([(first, "YES"), (other, "down")])
    (yes, no), (up, down) = weigh(speaker, [first, other], progress=told, doing="")
    assert math.exp(yes) == pytest.approx(0.9)
    assert no < yes
    assert up < down
    assert math.exp(up) + math.exp(down) <= 1.0


def test_the_sum_of_nothing_is_impossible() -> None:
    assert log_sum([]) == -math.inf
    assert log_sum([-1000.0, -1000.0]) == pytest.approx(-1000.0 + math.log(2))
