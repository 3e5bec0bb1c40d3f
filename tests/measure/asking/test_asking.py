"""Questions are put one at a time, in order, greedily and with a seed; a stop is heeded."""

from __future__ import annotations

import threading

import pytest

from hearth.core import Message, Role
from hearth.errors import EngineError, RequestAborted
from hearth.measure.asking import Question, Reply, ask_all, asking, figure, share, table
from hearth.measure.statistics import wilson
from support.fake_engine import FakeEngine


def question(name: str, max_tokens: int = 16) -> Question:
    message = Message(role=Role.USER, content=f"What is {name}?")
    return Question(id=name, messages=(message,), max_tokens=max_tokens, seed=7)


async def test_a_reply_has_the_text_and_how_it_ended() -> None:
    engine = FakeEngine(["It is", " a fox", "."])
    whole = await asking(engine, "fake")(question("this"))
    cut = await asking(engine, "fake")(question("this", max_tokens=2))
    assert (whole.text, whole.is_cut, whole.num_tokens) == ("It is a fox.", False, 3)
    assert (cut.text, cut.is_cut) == ("It is a fox", True)
    asked = engine.requests[0]
    assert (asked.sampling.temperature, asked.sampling.seed) == (0.0, 7)


async def test_an_answer_without_an_end_is_an_error() -> None:
    class Broken(FakeEngine):
        async def _answer(self, request):
            async for event in super()._answer(request):
                yield event
                return

    with pytest.raises(EngineError, match="broke off"):
        await asking(Broken(), "fake")(question("this"))


async def test_questions_are_put_one_after_another() -> None:
    open_questions, seen = 0, []

    async def ask(asked: Question) -> Reply:
        nonlocal open_questions
        assert open_questions == 0
        open_questions += 1
        seen.append(asked.id)
        open_questions -= 1
        return Reply(text=asked.id)

    told = []
    replies = await ask_all(
        ask,
        [question("a"), question("b")],
        progress=lambda done, total, doing: told.append((done, total)),
    )
    assert [reply.text for reply in replies] == seen == ["a", "b"]
    assert told == [(0, 2), (1, 2), (2, 2)]


async def test_a_stop_is_heeded_between_two_questions() -> None:
    cancelled = threading.Event()

    async def ask(asked: Question) -> Reply:
        cancelled.set()
        return Reply(text="")

    with pytest.raises(RequestAborted, match="1 of 2"):
        await ask_all(ask, [question("a"), question("b")], cancelled=cancelled)


def test_figures_keep_their_interval_in_their_unit() -> None:
    interval = wilson(8, 10)
    in_percent = share(interval, higher_is="worse")
    assert in_percent.value == 80.0
    assert in_percent.low == pytest.approx(100 * interval.low)
    assert (in_percent.unit, in_percent.higher_is, in_percent.how) == ("%", "worse", "Wilson")
    assert figure(interval).high == interval.high


def test_a_table_has_the_names_of_its_rows() -> None:
    made = table([{"id": "a", "passed": True}, {"id": "b", "passed": False}])
    assert made.columns == ("id", "passed")
    assert made.column("passed") == (True, False)
    assert table([]).rows == ()
