"""Fixtures of the store's tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from support.talk import opened


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one empty database for all tests to copy."""
    config = load_config(home=tmp_path_factory.mktemp("empty"))
    open_database(config).close()
    return config.database_path


@pytest.fixture
def database(empty_database: Path, own_home: Path) -> Iterator[Database]:
    own_home.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(empty_database, own_home)
    with opened() as database:
        yield database


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def database_path() -> Path:
    return load_config().database_path
