"""Fixtures of the store's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import load_config


@pytest.fixture
def database_path() -> Path:
    return load_config().database_path
