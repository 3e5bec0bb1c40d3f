"""A question to the guide: what the model is given, and which topic each sentence rests on."""

from __future__ import annotations

import pytest

from hearth.guide import Topic, find
from hearth.guide.asking import NUM_NOTES, Answered, ask_guide, cite, request_for
from hearth.guide.search import plain_text
from support.fake_engine import FakeEngine

QUESTION = "What does quantization cost me?"


def notes(*names: str) -> tuple[Topic, ...]:
    return tuple(find(name).topic for name in names)


async def answered(text: str, *names: str) -> list[Answered]:
    engine = FakeEngine(pieces=[text[at : at + 7] for at in range(0, len(text), 7)])
    return [each async for each in ask_guide(QUESTION, notes(*names), engine, "fake")]


def test_the_model_is_given_the_question_and_the_best_topics() -> None:
    given = notes("quantization", "context", "memory")
    request = request_for(QUESTION, given, "fake")
    assert request.messages is not None
    rules, asked = (message.content for message in request.messages)
    assert "only the notes" in rules
    assert QUESTION in asked
    assert [plain_text(topic) in asked for topic in given] == [True] * NUM_NOTES + [False]


def test_a_sentence_of_a_topic_rests_on_it() -> None:
    given = notes("quantization", "context", "memory")
    for topic in given:
        first = plain_text(topic).split(". ")[0]
        assert cite(first, given) == topic


@pytest.mark.parametrize(
    "sentence",
    [
        "Bananas are yellow and grow in warm countries.",
        "Quantization rounds weights to 137 steps.",  # a figure that no topic has
        "Yes.",
        "",
    ],
)
def test_what_no_topic_says_rests_on_none(sentence: str) -> None:
    assert cite(sentence, notes("quantization", "context")) is None


async def test_an_answer_comes_sentence_by_sentence() -> None:
    topic = find("quantization").topic
    first = plain_text(topic).split(". ")[0] + "."
    found = await answered(f"{first} Bananas grow on the moon.\n\nAnd more", "context", topic.id)
    assert [(each.text, each.source) for each in found] == [
        (first, topic),
        ("Bananas grow on the moon.", None),
        ("And more", None),
    ]


async def test_a_model_that_says_the_same_again_is_stopped() -> None:
    engine = FakeEngine(pieces=["It is so. ", "It is so. ", "And more. "])
    found = [each.text async for each in ask_guide(QUESTION, notes("context"), engine, "fake")]
    assert found == ["It is so."]
    assert (engine.open_answers, engine.aborted) == (0, 1)


async def test_whoever_stops_listening_stops_the_answer() -> None:
    engine = FakeEngine(pieces=["One. ", "Two. ", "Three. "])
    sentences = ask_guide(QUESTION, notes("context"), engine, "fake")
    assert (await anext(sentences)).text == "One."
    await sentences.aclose()
    assert (engine.open_answers, engine.aborted) == (0, 1)
