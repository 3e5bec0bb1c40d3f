"""Answers in progress: watched by any number of pages, stopped, left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.chat.session import ChatSession
from hearth.config import Config
from hearth.errors import EngineCrashed, NotFound
from hearth.store.conversations import Conversations
from hearth.store.database import open_database
from hearth.store.records import ChatSettings, MessageStatus
from hearth.web.answers import Answers
from support.fake_engine import FakeEngine


@pytest.fixture
def store(own_home: Path) -> Iterator[Conversations]:
    own_home.mkdir()
    database = open_database(Config())
    yield Conversations(database)
    database.close()


async def test_an_answer_is_read_to_its_end(store: Conversations) -> None:
    session = ChatSession(FakeEngine(), store)
    conversation = store.create(ChatSettings(model="fake"))
    answers = Answers()
    answer = answers.begin(conversation.id, session.send(conversation.id, "Hi"))
    assert answers.of(conversation.id) is answer
    while answer.running:
        await answer.newer_than(answer.version)
    assert answers.of(conversation.id) is None
    assert answer.text == "Hello there, äöü 漢字 👩‍👩‍👧."
    assert answer.num_tokens == 6
    assert answer.ended is not None
    assert answer.error is None


async def test_two_pages_watch_one_answer(store: Conversations) -> None:
    session = ChatSession(FakeEngine(delay_s=0.001), store)
    conversation = store.create(ChatSettings(model="fake"))
    answer = Answers().begin(conversation.id, session.send(conversation.id, "Hi"))

    async def watch() -> str:
        with answer.watched():
            while answer.running:
                await answer.newer_than(answer.version)
        return answer.text

    first, second = await asyncio.gather(watch(), watch())
    assert first == second == answer.text


async def test_stopping_keeps_what_has_come(store: Conversations) -> None:
    engine = FakeEngine(["word "] * 10_000, delay_s=0.001)
    conversation = store.create(ChatSettings(model="fake"))
    answers = Answers()
    session = ChatSession(engine, store)
    answer = answers.begin(conversation.id, session.send(conversation.id, "Go on"))
    while answer.num_tokens < 5:
        await answer.newer_than(answer.version)
    await answers.stop(conversation.id)
    assert not answer.running
    assert engine.open_answers == 0
    kept = store.branch(conversation.id)[-1]
    assert kept.status is MessageStatus.STOPPED
    assert kept.content.startswith("word word word word word")
    await answers.stop(conversation.id)  # once more is no mistake


async def test_nobody_watching_ends_an_answer(store: Conversations) -> None:
    engine = FakeEngine(["word "] * 100_000, delay_s=0.001)
    conversation = store.create(ChatSettings(model="fake"))
    session = ChatSession(engine, store)
    answer = Answers(unwatched_s=0.05).begin(
        conversation.id, session.send(conversation.id, "Go on")
    )
    async with asyncio.timeout(20):
        while answer.running:
            await answer.newer_than(answer.version)
    assert store.branch(conversation.id)[-1].status is MessageStatus.STOPPED


async def test_a_failure_is_told_and_the_text_stays(store: Conversations) -> None:
    engine = FakeEngine(error=EngineCrashed("The worker died."), error_after=2)
    conversation = store.create(ChatSettings(model="fake"))
    session = ChatSession(engine, store)
    answer = Answers().begin(conversation.id, session.send(conversation.id, "Hi"))
    while answer.running:
        await answer.newer_than(answer.version)
    assert isinstance(answer.error, EngineCrashed)
    assert answer.text == "Hello there"


async def test_a_turn_that_cannot_begin_has_no_turn(store: Conversations) -> None:
    answer = Answers().begin("0" * 32, ChatSession(FakeEngine(), store).send("0" * 32, "Hi"))
    while answer.running:
        await answer.newer_than(answer.version)
    assert answer.turn is None
    assert isinstance(answer.error, NotFound)


async def test_closing_stops_every_answer(store: Conversations) -> None:
    engine = FakeEngine(["word "] * 10_000, delay_s=0.001)
    session, answers = ChatSession(engine, store), Answers()
    for _ in range(3):
        conversation = store.create(ChatSettings(model="fake"))
        answers.begin(conversation.id, session.send(conversation.id, "Go on"))
    while engine.open_answers < 3:  # noqa: ASYNC110 - the engine sets no event
        await asyncio.sleep(0.01)
    await answers.close()
    assert engine.open_answers == 0
