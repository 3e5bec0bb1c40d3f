"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.store.conversations import Conversations
from hearth.store.database import Database
from support.talk import opened


@pytest.fixture
def database() -> Iterator[Database]:
    with opened() as database:
        yield database


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database)


@pytest.fixture
def database_path() -> Path:
    return load_config().database_path
