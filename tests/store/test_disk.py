"""Disks that fill up, cannot be written, or are used by others: nothing that was saved is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from hearth.errors import StoreError
from hearth.store.conversations import Conversations
from hearth.store.database import Database
from support.disks import NOBODY, SmallDisk, folder_for_all, small_disk, without_privileges
from support.talk import SETTINGS, answer, ask, draft, opened


@pytest.fixture
def disk(own_home: Path) -> Iterator[SmallDisk]:
    with small_disk(own_home, size_kb=2048) as disk:
        yield disk


def contents(conversations: Conversations, conversation_id: str) -> list[str]:
    return [message.content for message in conversations.branch(conversation_id)]


def test_a_full_disk_keeps_what_was_saved_and_works_again_when_freed(disk: SmallDisk) -> None:
    """D1."""
    with opened() as database:
        conversations = Conversations(database)
        made = conversations.create(SETTINGS)
        turn = ask(conversations, made.id, "before")
        disk.fill()
        with pytest.raises(StoreError, match=r"save the answer.*the disk is full") as raised:
            conversations.save_answer(turn.answer.id, draft("long " * 50_000))
        assert raised.value.http_status == 507
        assert "Free some space" in (raised.value.hint or "")
        with pytest.raises(StoreError, match=r"save your message.*the disk is full"):
            ask(conversations, made.id, "too much " * 5_000)
        assert contents(conversations, made.id) == ["before", ""]
        disk.free()
        answer(conversations, turn, "long " * 50_000)
    with opened() as database:
        assert contents(Conversations(database), made.id) == ["before", "long " * 50_000]


def test_a_disk_that_is_full_from_the_start_is_named(disk: SmallDisk) -> None:
    disk.fill()
    with pytest.raises(StoreError, match=r"the disk is full"), opened():
        pass
    disk.free()
    with opened() as database:
        assert Conversations(database).find().items == ()


def test_a_database_that_may_not_grow_is_full(
    database: Database, conversations: Conversations
) -> None:
    """The same from SQLite itself, for where no small disk can be mounted."""
    made = conversations.create(SETTINGS)
    with database.read("limit") as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"Could not save your message: the disk is full"):
        ask(conversations, made.id, "x" * 100_000)
    assert contents(conversations, made.id) == []
    assert conversations.get(made.id).title == ""


def test_a_home_without_write_permission_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with folder_for_all() as home:
        monkeypatch.setenv("HEARTH_HOME", str(home))
        with opened() as database:
            made = Conversations(database).create(SETTINGS)
        if os.geteuid() == 0:
            shutil.chown(home / "hearth.db", NOBODY)
            shutil.chown(home, NOBODY)
        home.chmod(0o500)
        (home / "hearth.db").chmod(0o400)
        with (
            without_privileges(),
            pytest.raises(StoreError, match=r"hearth.db") as raised,
            opened(),
        ):
            pass
        assert "ermission" in raised.value.message + (raised.value.hint or "")
        home.chmod(0o700)
        (home / "hearth.db").chmod(0o600)
        with opened() as database:
            assert Conversations(database).get(made.id) == made


def test_a_lock_that_does_not_open_is_named(
    database: Database, conversations: Conversations, database_path: Path
) -> None:
    """D12: another program writes and does not end."""
    made = conversations.create(SETTINGS)
    with database.read("be impatient") as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(database_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked") as raised:
            ask(conversations, made.id, "hello")
        assert raised.value.http_status == 503
        assert contents(conversations, made.id) == []  # reading goes on
    ask(conversations, made.id, "hello")


def test_many_threads_write_at_once(conversations: Conversations) -> None:
    made = conversations.create(SETTINGS)
    root = ask(conversations, made.id, "root")
    answer(conversations, root)

    def edit(number: int) -> str:
        turn = ask(conversations, made.id, f"{number}", root.answer.id)
        conversations.save_answer(turn.answer.id, draft("half", 0, 1))
        return answer(conversations, turn, f"answer {number}").content

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(edit, range(40))) == [f"answer {number}" for number in range(40)]
    archive = conversations.archive(made.id)
    assert len(archive.messages) == 2 + 2 * 40
    questions = [message for message in archive.messages if message.parent == 1]
    assert sorted(int(message.content) for message in questions) == list(range(40))


WRITER = """
import sys
from support.talk import SETTINGS, answer, ask, opened
from hearth.store.conversations import Conversations

with opened() as database:
    conversations = Conversations(database)
    made = conversations.create(SETTINGS, title=sys.argv[1])
    for number in range(20):
        answer(conversations, ask(conversations, made.id, f"{number}"))
"""


def test_two_programs_make_open_and_write_at_once() -> None:
    """Both find no database, so both race to make it as well."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], env=environment)
        for name in ("one", "two")
    ]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    with opened() as database:
        conversations = Conversations(database)
        found = conversations.find().items
        assert sorted(item.title for item in found) == ["one", "two"]
        assert {len(conversations.archive(item.id).messages) for item in found} == {40}


def test_a_power_cut_anywhere_in_the_log_leaves_a_whole_database(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log is cut at many places: what is found is whole and is a beginning of what was said."""
    with opened() as database:
        conversations = Conversations(database)
        made = conversations.create(SETTINGS)
        said = [f"question {number}" for number in range(10)]
        for text in said:
            answer(conversations, ask(conversations, made.id, text))
        file, log = (own_home / name for name in ("hearth.db", "hearth.db-wal"))
        content, log_content = file.read_bytes(), log.read_bytes()
    last = 0
    for cut in (*range(0, len(log_content), len(log_content) // 30), len(log_content)):
        home = tmp_path / f"cut-{cut}"
        home.mkdir()
        (home / "hearth.db").write_bytes(content)
        (home / "hearth.db-wal").write_bytes(log_content[:cut])
        monkeypatch.setenv("HEARTH_HOME", str(home))
        with opened() as database:
            conversations = Conversations(database)
            archives = [conversations.archive(item.id) for item in conversations.find().items]
        found = [m.content for archive in archives for m in archive.messages if m.parent is None]
        assert found == said[: len(found)]
        assert len(found) >= last
        last = len(found)
    assert last == len(said)
