"""What can be wrong with a database when it is opened, and what is said about it."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import SetupError, StoreError
from hearth.store import sqlite_file
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from support.talk import SETTINGS, answer, ask, opened


@pytest.fixture
def filled(database_path: Path) -> Path:
    """A closed database with a few conversations in it."""
    with opened() as database:
        conversations = Conversations(database)
        made = conversations.create(SETTINGS, title="kept")
        answer(conversations, ask(conversations, made.id, "long " * 20_000))
        for _ in range(4):
            conversations.unarchive(conversations.archive(made.id))
    return database_path


def test_only_the_owner_can_read_it(conversations: Conversations, database_path: Path) -> None:
    conversations.create(SETTINGS)
    files = list(database_path.parent.glob("hearth.db*"))
    assert {file.name for file in files} == {"hearth.db", "hearth.db-wal", "hearth.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(database_path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_can_read_is_closed_to_them(filled: Path) -> None:
    filled.chmod(0o644)
    with opened():
        assert stat.S_IMODE(filled.stat().st_mode) == 0o600


def test_opening_it_once_more_leaves_it_locked_against_other_processes(database_path: Path) -> None:
    """Whoever closes an unlocked database last takes its log away, under those who still use it."""
    with opened() as first:
        Conversations(first).create(SETTINGS, title="written before")
        with opened():
            pass
        closes_it = "from support.talk import opened\nwith opened(): pass"
        tests = str(Path(__file__).parents[1])
        subprocess.run([sys.executable, "-c", closes_it], check=True, timeout=60, cwd=tests)
        assert database_path.with_name("hearth.db-wal").exists()
        Conversations(first).create(SETTINGS, title="written after")
    with opened() as again:
        titles = {row.title for row in Conversations(again).find("").items}
    assert titles == {"written before", "written after"}


def test_it_is_set_up_to_survive_a_power_cut(database: Database) -> None:
    with database.read("look") as connection:
        for pragma, value in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 5000),
            ("secure_delete", 1),
            ("auto_vacuum", 2),
        ):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value, pragma


def test_an_empty_file_is_a_new_database(database_path: Path) -> None:
    database_path.parent.mkdir()
    database_path.touch()
    with opened() as database:
        assert Conversations(database).find().items == ()


@pytest.mark.parametrize("content", [b"no database " * 500, b"\0" * 8192, b"SQLite format 3\0"])
def test_a_file_that_is_no_database_is_refused_untouched(
    database_path: Path, content: bytes
) -> None:
    database_path.parent.mkdir()
    database_path.write_bytes(content)
    with pytest.raises(StoreError, match=r"not a database|damaged") as raised:
        open_database(load_config())
    assert raised.value.hint
    assert str(database_path) in raised.value.message
    assert database_path.read_bytes() == content


@pytest.mark.parametrize("at", [0.25, 0.5, 0.75])
def test_a_damaged_file_is_refused_untouched(filled: Path, at: float) -> None:
    """D12: one page overwritten, as by a bad disk."""
    content = bytearray(filled.read_bytes())
    page = int(len(content) * at) // 4096 * 4096
    content[page : page + 4096] = b"\xa5" * 4096
    filled.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged") as raised:
        open_database(load_config())
    assert "backups" in (raised.value.hint or "")
    assert filled.read_bytes() == content


def test_a_file_cut_in_half_is_refused_untouched(filled: Path) -> None:
    half = filled.read_bytes()[: filled.stat().st_size // 2]
    filled.write_bytes(half)
    with pytest.raises(StoreError, match=r"damaged"):
        open_database(load_config())
    assert filled.read_bytes() == half


def test_a_newer_schema_is_refused_untouched(filled: Path) -> None:
    """D12: an older Hearth meets the database of a newer one."""
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = filled.read_bytes()
    with pytest.raises(StoreError, match=r"schema 9999.*knows schemas up to") as raised:
        open_database(load_config())
    assert "newest Hearth" in (raised.value.hint or "")
    assert filled.read_bytes() == before
    assert not (filled.parent / "backups").exists()


def test_a_lost_log_loses_only_what_was_in_it(filled: Path) -> None:
    """D12: the WAL is missing; the file itself is whole."""
    for name in ("hearth.db-wal", "hearth.db-shm"):
        (filled.parent / name).unlink(missing_ok=True)
    with opened() as database:
        assert [item.title for item in Conversations(database).find().items] == ["kept"] * 5


def test_a_home_that_is_a_file_is_named(own_home: Path) -> None:
    own_home.write_text("in the way")
    with pytest.raises(StoreError, match=r"hearth.db"):
        open_database(load_config())


def test_a_folder_in_place_of_the_file_is_named(database_path: Path) -> None:
    database_path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"hearth.db"):
        open_database(load_config())


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "what://x"]
)
def test_an_unusable_url_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match=r"database"):
        open_database(load_config(database_url=url))


def test_a_url_can_name_another_sqlite_file(tmp_path: Path, database_path: Path) -> None:
    config = load_config(database_url=f"sqlite:///{tmp_path / 'elsewhere' / 'my.db'}")
    database = open_database(config)
    Conversations(database).create(SETTINGS)
    database.close()
    assert (tmp_path / "elsewhere" / "my.db").exists()
    assert not database_path.exists()


@pytest.mark.parametrize("name", ["with space", "100%", "a#b", "what?", "Öfen 漢字", "x&mode=ro"])
def test_a_home_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HEARTH_HOME", str(tmp_path / name))
    for _ in range(2):
        with opened() as database:
            Conversations(database).create(SETTINGS)
    assert sqlite_file.back_up(tmp_path / name / "hearth.db", "0001").exists()
