"""Saving beside the stream: kill -9, full disks, locks. The reader of an answer never notices."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hearth.chat.events import SaveFailing
from hearth.chat.saver import SAVE_INTERVAL_S
from hearth.chat.session import ChatSession
from hearth.config import load_config
from hearth.errors import NotFound, StoreError
from hearth.store.conversations import Conversations
from hearth.store.records import MessageStatus
from support.disks import SmallDisk, small_disk
from support.fake_engine import FakeEngine
from support.talk import SETTINGS, opened
from support.turns import Listener, hear

STREAMER = """
import asyncio, sys
from hearth.chat.events import AnswerDelta
from hearth.chat.session import ChatSession
from hearth.store.conversations import Conversations
from support.fake_engine import FakeEngine
from support.talk import SETTINGS, opened

async def main():
    with opened() as database:
        conversations = Conversations(database)
        talk = conversations.create(SETTINGS).id
        engine = FakeEngine(pieces=[f"{number} " for number in range(100_000)], delay_s=0.005)
        async for event in ChatSession(engine, conversations).send(talk, "count"):
            if isinstance(event, AnswerDelta):
                print(event.text, flush=True)

asyncio.run(main())
"""


def test_kill_9_in_mid_answer_loses_at_most_a_second() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STREAMER],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdout
    seen: list[tuple[float, int]] = []
    with process:
        for line in process.stdout:
            seen.append((time.monotonic(), int(line)))
            if seen[-1][0] - seen[0][0] > 1.8:
                break
        process.kill()
        killed_at = time.monotonic()
    with opened() as database:
        conversations = Conversations(database)
        (item,) = conversations.find().items
        question, answer = conversations.branch(item.id)
        traces = conversations.traces(answer.id)
    assert question.content == "count"
    assert answer.status is MessageStatus.INTERRUPTED
    numbers = [int(word) for word in answer.content.split()]
    assert numbers == list(range(len(numbers)))
    assert len(traces) == answer.num_tokens == len(numbers)
    a_second_ago = [number for moment, number in seen if moment < killed_at - 1.0]
    assert a_second_ago
    assert numbers[-1] >= a_second_ago[-1]


async def test_a_stream_is_saved_while_it_runs(conversations: Conversations) -> None:
    talk = conversations.create(SETTINGS).id
    engine = FakeEngine(pieces=["word "] * 10_000, delay_s=0.005)
    listener = Listener(ChatSession(engine, conversations).send(talk, "go"))
    await listener.until_deltas(1)
    answer_id = listener.heard.answer.id
    await listener.until(lambda _: conversations.message(answer_id).content != "")
    answer = conversations.message(answer_id)
    assert answer.status is MessageStatus.STREAMING
    assert answer.started
    assert listener.heard.text.startswith(answer.content)
    await listener.stop()


@pytest.fixture
def disk(own_home: Path) -> Iterator[SmallDisk]:
    with small_disk(own_home, size_kb=4096) as disk:
        yield disk


async def _fill_in_mid_answer(disk: SmallDisk, listener: Listener) -> None:
    await listener.until_deltas(20)
    disk.fill()
    await listener.until(lambda heard: "SaveFailing" in heard.names())


async def test_a_disk_that_fills_up_in_mid_answer_is_reported_and_recovered_from(
    disk: SmallDisk,
) -> None:
    """D1: the stream goes on for the reader; what was not saved is saved when there is room."""
    with opened() as database:
        conversations = Conversations(database)
        talk = conversations.create(SETTINGS).id
        pieces = [f"{number:04d} " + "x" * 100 for number in range(400)]
        engine = FakeEngine(pieces=pieces, delay_s=0.005)
        listener = Listener(ChatSession(engine, conversations).send(talk, "go"))
        await _fill_in_mid_answer(disk, listener)
        failing = next(e for e in listener.heard.events if isinstance(e, SaveFailing))
        assert isinstance(failing.error, StoreError)
        assert "the disk is full" in failing.error.message
        disk.free()
        await asyncio.wait_for(listener.task, 60)
        assert "SaveResumed" in listener.heard.names()
        assert listener.heard.text == "".join(pieces)
        assert listener.heard.end.saved
        answer = conversations.branch(talk)[1]
        assert (answer.content, answer.status) == ("".join(pieces), MessageStatus.COMPLETE)
        assert len(conversations.traces(answer.id)) == len(pieces)


async def test_saving_is_tried_again_while_the_model_is_silent(disk: SmallDisk) -> None:
    with opened() as database:
        conversations = Conversations(database)
        talk = conversations.create(SETTINGS).id
        engine = FakeEngine(pieces=["x" * 100] * 400, delay_s=0.005)
        listener = Listener(ChatSession(engine, conversations).send(talk, "go"))
        await listener.until_deltas(20)
        disk.fill()
        await listener.until_deltas(25)
        engine.delay_s = 1000
        await asyncio.sleep(2 * SAVE_INTERVAL_S)  # by now a save has failed
        disk.free()
        await listener.until(lambda heard: conversations.branch(talk)[1].content == heard.text)
        await listener.stop()


async def test_a_disk_that_stays_full_leaves_the_end_in_memory_until_it_is_not(
    disk: SmallDisk,
) -> None:
    with opened() as database:
        conversations = Conversations(database)
        talk = conversations.create(SETTINGS).id
        pieces = [f"{number:04d} " + "x" * 100 for number in range(200)]
        session = ChatSession(FakeEngine(pieces=pieces, delay_s=0.005), conversations)
        listener = Listener(session.send(talk, "go"))
        await _fill_in_mid_answer(disk, listener)
        await asyncio.wait_for(listener.task, 60)
        end = listener.heard.end
        assert not end.saved
        assert end.message.content == "".join(pieces)
        assert not await session.save_pending()
        with pytest.raises(StoreError, match="the disk is full"):
            await hear(session.send(talk, "more"))

        disk.free()
        assert await asyncio.gather(session.save_pending(), session.save_pending()) == [True] * 2
        answer = conversations.branch(talk)[1]
        assert (answer.content, answer.status) == ("".join(pieces), MessageStatus.COMPLETE)
        assert len(conversations.traces(answer.id)) == len(pieces)
        assert answer.finished == end.message.finished


async def test_a_lock_held_elsewhere_holds_up_neither_the_stream_nor_the_loop(
    conversations: Conversations,
) -> None:
    talk = conversations.create(SETTINGS).id
    engine = FakeEngine(pieces=["word "] * 10_000, delay_s=0.002)
    listener = Listener(ChatSession(engine, conversations).send(talk, "go"))
    await listener.until_deltas(1)
    with closing(sqlite3.connect(load_config().database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(1.5 * SAVE_INTERVAL_S)  # by now a save waits for the lock
        before = listener.heard.text
        await listener.until_deltas(before.count("word") + 50)
    await listener.stop()
    # Had the loop waited for the lock too, the wait would have ended in a failure to save.
    assert "SaveFailing" not in listener.heard.names()
    answer = conversations.branch(talk)[1]
    assert (answer.status, answer.content) == (MessageStatus.STOPPED, listener.heard.text)


async def test_a_conversation_purged_in_mid_answer_ends_without_a_trace(
    conversations: Conversations,
) -> None:
    talk = conversations.create(SETTINGS).id
    session = ChatSession(FakeEngine(pieces=["word "] * 150, delay_s=0.005), conversations)
    listener = Listener(session.send(talk, "go"))
    await listener.until_deltas(5)
    conversations.purge(talk)
    await asyncio.wait_for(listener.task, 60)
    assert not listener.heard.end.saved
    failing = next(e for e in listener.heard.events if isinstance(e, SaveFailing))
    assert isinstance(failing.error, NotFound)
    assert await session.save_pending()  # there is nothing to try again
