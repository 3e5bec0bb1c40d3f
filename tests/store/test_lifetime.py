"""What a dead process leaves behind, and what time takes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from hearth.errors import NotFound
from hearth.store.conversations import TRASH_KEPT, Conversations
from hearth.store.database import Database
from hearth.store.records import MessageStatus
from hearth.store.tables import conversations as conversations_table
from hearth.store.tables import traces
from hearth.store.writer import is_writing, this_writer
from support.talk import SETTINGS, answer, ask, draft

OTHER = """
import sys
from support.talk import SETTINGS, ask, draft, opened
from hearth.store.conversations import Conversations

with opened() as database:
    conversations = Conversations(database)
    turn = ask(conversations, conversations.create(SETTINGS).id, "hello")
    conversations.save_answer(turn.answer.id, draft("half an ans", 0, 3))
    print(turn.answer.id, flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a process that is in the middle of an answer; yield it and the answer's id."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdin
    assert process.stdout
    with process:
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_an_answer_is_interrupted_when_its_writer_dies_and_not_before(database: Database) -> None:
    """W5: the server is killed with -9 in mid-answer."""
    with other_process() as (process, answer_id):
        beside = Conversations(database)  # a second program opens the same database
        assert beside.message(answer_id).status is MessageStatus.STREAMING
        process.kill()
        process.wait()
    conversations = Conversations(database)
    found = conversations.message(answer_id)
    assert (found.status, found.content) == (MessageStatus.INTERRUPTED, "half an ans")
    assert len(conversations.traces(answer_id)) == 3
    assert conversations.recover() == 0
    # The conversation goes on from there.
    answer(conversations, ask(conversations, found.conversation_id, "go on", answer_id))


def test_a_process_knows_itself() -> None:
    assert is_writing(this_writer(), timedelta(days=1))
    host, pid, start_s = this_writer().rsplit(" ", 2)
    assert not is_writing(f"{host} {pid} {float(start_s) - 100}", timedelta(0))  # number reused


def test_a_writer_on_another_machine_is_known_by_its_silence() -> None:
    assert is_writing("elsewhere 1 1.00", timedelta(seconds=30))
    assert not is_writing("elsewhere 1 1.00", timedelta(seconds=90))


def test_the_trash_is_emptied_after_seven_days(
    database: Database, conversations: Conversations
) -> None:
    old, fresh = conversations.create(SETTINGS), conversations.create(SETTINGS)
    turn = ask(conversations, old.id, "old")
    for made, age in ((old, TRASH_KEPT + timedelta(minutes=1)), (fresh, timedelta(days=6))):
        conversations.delete(made.id)
        with database.write("age") as connection:
            connection.execute(
                update(conversations_table)
                .where(conversations_table.c.id == made.id)
                .values(deleted_at=datetime.now(UTC) - age)
            )
    reopened = Conversations(database)
    assert reopened.restore(fresh.id).deleted_at is None
    with pytest.raises(NotFound):
        reopened.get(old.id)
    with pytest.raises(NotFound):
        reopened.message(turn.question.id)


def test_what_is_purged_cannot_be_read_from_the_files(
    conversations: Conversations, database_path: Path
) -> None:
    kept = conversations.create(SETTINGS, title="kept")
    made = conversations.create(SETTINGS, title="A secret title")
    turn = ask(conversations, made.id, "my secret words " * 1000)
    answer(conversations, turn, "the secret answer")
    files = sorted(database_path.parent.glob("hearth.db*"))
    assert any(b"secret" in file.read_bytes() for file in files)
    size = sum(file.stat().st_size for file in files)
    conversations.purge(made.id)
    assert not any(b"secret" in file.read_bytes() for file in files)
    assert sum(file.stat().st_size for file in files) < size
    assert conversations.get(kept.id) == kept


def test_a_branch_is_loaded_without_its_traces(
    database: Database, conversations: Conversations
) -> None:
    made = conversations.create(SETTINGS)
    turn = ask(conversations, made.id, "hello")
    answer(conversations, turn)
    with database.write("spoil") as connection:
        row = {"message_id": turn.answer.id, "first_trace": 0, "data": b"not to be read"}
        connection.execute(insert(traces).values(row))
    assert len(conversations.branch(made.id)) == 2


def test_a_draft_that_ends_after_a_purge_says_so(conversations: Conversations) -> None:
    turn = ask(conversations, conversations.create(SETTINGS).id, "hello")
    conversations.purge(turn.answer.conversation_id)
    with pytest.raises(NotFound, match="deleted for ever"):
        conversations.end_answer(turn.answer.id, draft("late"), MessageStatus.COMPLETE)
