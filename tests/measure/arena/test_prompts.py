"""Prompts: those that come with Hearth, and those of one's own conversations."""

from __future__ import annotations

import numpy as np
import pytest

from hearth.core import Role
from hearth.errors import InvalidRequest
from hearth.measure.arena import PromptSource
from hearth.measure.arena.prompts import (
    MAX_CHARS,
    Prompts,
    ReadPrompts,
    built_in,
    own_conversations,
)
from hearth.store.conversations import Conversations
from support.talk import SETTINGS, answer, ask
from support.votes import prompt


def given(*texts: str) -> ReadPrompts:
    return lambda random: iter([prompt(text) for text in texts])


def test_the_built_in_set_has_enough_and_no_prompt_twice() -> None:
    prompts = list(built_in(np.random.default_rng(1)))
    texts = [each.text for each in prompts]
    assert len(texts) >= 50
    assert len(set(texts)) == len(texts)
    assert all(10 < len(text) < 300 for text in texts)
    assert {each.source for each in prompts} == {PromptSource.BUILT_IN}


def test_questions_of_conversations_come_with_what_was_before(
    conversations: Conversations,
) -> None:
    talk = conversations.create(SETTINGS)
    first = answer(conversations, ask(conversations, talk.id, "First?"), "One.")
    answer(conversations, ask(conversations, talk.id, "Second?", first.id), "Two.")
    found = {each.text: each for each in own_conversations(conversations)(np.random.default_rng(1))}
    assert set(found) == {"First?", "Second?"}
    roles = [message.role for message in found["Second?"].messages]
    assert roles == [Role.USER, Role.ASSISTANT, Role.USER]
    assert found["First?"].source is PromptSource.CONVERSATION


def test_long_conversations_are_asked_up_to_a_length(conversations: Conversations) -> None:
    talk = conversations.create(SETTINGS)
    first = answer(conversations, ask(conversations, talk.id, "Short?"), "x" * MAX_CHARS)
    ask(conversations, talk.id, "Too late?", first.id)
    assert [each.text for each in own_conversations(conversations)(np.random.default_rng(1))] == [
        "Short?"
    ]


def test_what_was_asked_comes_again_only_when_all_was_asked() -> None:
    random = np.random.default_rng(1)
    prompts = Prompts(given("a", "b"), given("c"))
    drawn = set[str]()
    for _ in range(3):
        text = prompts.draw(random, drawn).text
        assert text not in drawn
        drawn.add(text)
    assert prompts.draw(random, drawn).text in drawn


def test_nothing_to_draw_is_told() -> None:
    with pytest.raises(InvalidRequest, match="no prompt to draw"):
        Prompts(given()).draw(np.random.default_rng(1), ())
