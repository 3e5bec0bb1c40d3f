"""Conversations have the length that was wanted, and answers are read by what they name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from importlib.resources import files

import pytest

from hearth.core import Message, Role
from hearth.errors import InvalidRequest
from hearth.measure.conversation import ConversationPlan, compose, parse_lengths

FACTS = 4


async def count_words(messages: Sequence[Message]) -> int:
    return sum(len(message.content.split()) + 4 for message in messages)


async def composed(length: int = 600, seed: int = 3, facts: int = FACTS):
    return await compose(length, facts=facts, seed=seed, count=count_words)


@pytest.mark.parametrize("length", [300, 600, 2000])
async def test_a_conversation_fills_its_length_and_no_more(length: int) -> None:
    dialogue = await composed(length)
    taken = await count_words(dialogue.longest)
    assert length - 150 < taken <= length


async def test_facts_are_spread_and_small_talk_follows_each() -> None:
    dialogue = await composed()
    assert [fact.depth for fact in dialogue.facts] == pytest.approx([0, 0.25, 0.5, 0.75])
    assert dialogue.facts[-1].told_at < len(dialogue.messages)
    for fact in dialogue.facts:
        told = dialogue.messages[fact.told_at - 2]
        assert told.role is Role.USER
        assert fact.value in told.content


async def test_it_begins_with_a_fact_that_is_asked_for_and_answered() -> None:
    dialogue = await composed()
    told, _, asked, answered = dialogue.messages[:4]
    assert dialogue.example in told.content
    assert asked.content.endswith("only.")
    assert answered.content.casefold() == f"{dialogue.example.casefold()}."
    assert dialogue.example in dialogue.values


async def test_the_model_never_acknowledges_twice_in_the_same_words() -> None:
    said = [m.content for m in (await composed(300)).messages if m.role is Role.ASSISTANT]
    assert len(set(said)) == len(said)


async def test_turns_alternate_and_the_question_comes_last() -> None:
    dialogue = await composed()
    asked = dialogue.asking(dialogue.facts[0])
    roles = [message.role for message in asked]
    assert roles == [Role.USER if place % 2 == 0 else Role.ASSISTANT for place in range(len(roles))]
    assert asked[-1].content == dialogue.facts[0].question


async def test_every_second_fact_is_changed_and_the_others_with_the_next_seed() -> None:
    changed = [
        [fact.former is not None for fact in (await composed(seed=seed)).facts] for seed in (3, 4)
    ]
    assert changed == [[True, False, True, False], [False, True, False, True]]


async def test_the_same_seed_gives_the_same_words() -> None:
    assert await composed(seed=5) == await composed(seed=5)
    assert await composed(seed=5) != await composed(seed=7)


async def test_all_values_of_a_conversation_differ() -> None:
    dialogue = await composed(facts=7, length=1500)
    assert len(set(dialogue.values)) == 1 + 7 + 4


async def test_facts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="by themselves"):
        await composed(length=60)


def test_small_talk_names_no_value() -> None:
    text = files("hearth.measure.conversation").joinpath("talk.toml").read_text(encoding="utf-8")
    talk = tomllib.loads(text)
    said = " ".join(
        [row[side] for row in talk["exchange"] for side in ("user", "assistant")]
        + [word for row in talk["fill"] for word in row["words"]]
        + talk["acknowledge"]
    )
    spoken = set(re.findall(r"\w+", said.casefold()))
    values = {value.casefold() for row in talk["family"] for value in row["values"]}
    assert not spoken & values
    for family in talk["family"]:
        assert len(set(family["values"])) >= 16
        assert len(set(family["things"])) >= 8


def test_lengths_double_up_to_what_the_model_holds() -> None:
    assert ConversationPlan().lengths_within(8192) == (512, 1024, 2048, 4096)
    assert ConversationPlan().lengths_within(2048) == (512, 1024)
    assert ConversationPlan(lengths=(4096, 700)).lengths_within(8192) == (700, 4096)


def test_lengths_beyond_the_context_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="8,192 tokens do not fit"):
        ConversationPlan(lengths=(8192,)).lengths_within(8192)
    with pytest.raises(InvalidRequest, match="Even 512"):
        ConversationPlan().lengths_within(512)


@pytest.mark.parametrize(
    "wrong", [{"facts": 1}, {"facts": 8}, {"conversations": 0}, {"needed": 1.0}, {"lengths": (9,)}]
)
def test_a_plan_out_of_range_is_refused(wrong: dict) -> None:
    with pytest.raises(InvalidRequest):
        ConversationPlan(**wrong)


def test_lengths_are_read_from_words() -> None:
    assert parse_lengths("512, 1_024") == (512, 1024)
    assert parse_lengths("") == ()
    with pytest.raises(InvalidRequest, match="no lengths"):
        parse_lengths("much")
