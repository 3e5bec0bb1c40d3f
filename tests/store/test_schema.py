"""Upgrades: whole or not at all, after a copy, and never of what a newer Hearth wrote."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from hearth.config import load_config
from hearth.errors import StoreError
from hearth.store import sqlite_file
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from hearth.store.schema import Schema
from hearth.store.tables import metadata
from support.talk import SETTINGS, answer, ask, opened

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{newest}"


def upgrade():
    with op.batch_alter_table("conversations") as table:
        table.add_column(sa.Column("pinned", sa.Boolean, nullable=False, server_default="0"))
        table.alter_column("title", type_=sa.String(500))
    {more}
"""

NEXT_REVISION = f"{int(Schema().newest) + 1:04d}"


def next_schema(folder: Path, more: str = "") -> Schema:
    """Hearth's migrations and one that a later version might add: it rebuilds a table."""
    shutil.copytree(Schema().folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    script = NEXT.format(revision=NEXT_REVISION, newest=Schema().newest, more=more)
    (folder / "versions" / f"{NEXT_REVISION}_next.py").write_text(script)
    return Schema(folder)


@pytest.fixture
def talk(own_home: Path) -> str:
    """The id of a conversation in a closed database."""
    with opened() as database:
        conversations = Conversations(database)
        made = conversations.create(SETTINGS)
        answer(conversations, ask(conversations, made.id, "kept"))
        return made.id


def test_the_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    with database.read("compare") as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_file_names_and_revisions_are_one_line() -> None:
    schema = Schema()
    config = AlembicConfig()
    config.set_main_option("script_location", str(schema.folder))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    assert tuple(script.revision for script in scripts) == schema.revisions
    assert [script.down_revision for script in scripts] == [None, *schema.revisions[:-1]]


def test_an_upgrade_keeps_everything_and_leaves_a_copy(
    tmp_path: Path, database_path: Path, talk: str
) -> None:
    database = open_database(load_config(), next_schema(tmp_path / "next"))
    messages = Conversations(database).branch(talk)
    with database.read("look") as connection:
        assert connection.exec_driver_sql("SELECT pinned FROM conversations").scalar() == 0
    database.close()
    assert [message.content for message in messages] == ["kept", "Yes."]

    (backup,) = (database_path.parent / "backups").iterdir()
    assert backup.name.endswith(f"-schema-{Schema().newest}.db")
    assert backup.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError, match=f"schema {NEXT_REVISION}"):
        open_database(load_config())
    # What the hint says to do works: the copy takes the place of the file.
    shutil.copy(backup, database_path)
    with opened() as database:
        assert Conversations(database).get(talk).title == "kept"


def test_an_upgrade_that_fails_changes_nothing(
    tmp_path: Path, database_path: Path, talk: str
) -> None:
    broken = next_schema(tmp_path / "next", more='op.execute("INSERT INTO nowhere VALUES (1)")')
    with pytest.raises(StoreError, match="upgrade the database: no such table"):
        open_database(load_config(), broken)
    with opened() as database:
        assert Conversations(database).get(talk).title == "kept"
    with closing(sqlite3.connect(database_path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(conversations)")]
    assert "pinned" not in columns


def test_an_upgrade_that_breaks_references_is_undone(tmp_path: Path, talk: str) -> None:
    broken = next_schema(tmp_path / "next", more='op.execute("DELETE FROM conversations")')
    with pytest.raises(StoreError, match="it was undone"):
        open_database(load_config(), broken)
    with opened() as database:
        assert len(Conversations(database).branch(talk)) == 2


def test_without_a_copy_there_is_no_upgrade(tmp_path: Path, database_path: Path, talk: str) -> None:
    (database_path.parent / "backups").write_text("a file in the way")
    with pytest.raises(StoreError, match="back up the database before its upgrade"):
        open_database(load_config(), next_schema(tmp_path / "next"))
    with opened() as database:
        assert Conversations(database).get(talk).title == "kept"


def test_the_last_five_copies_are_kept(database_path: Path, talk: str) -> None:
    made = [sqlite_file.back_up(database_path, "0001") for _ in range(7)]
    assert sorted((database_path.parent / "backups").iterdir()) == made[-5:]
