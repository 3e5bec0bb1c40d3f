"""A library over a home of its own, and stores of other programs beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.models.library import Library
from support.stores import Stores


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    root = tmp_path / "other programs"
    return Stores(root / "ollama", root / "lmstudio", root / "llama.cpp", root / "hub")


@pytest.fixture
def home_config(own_home: Path) -> Config:
    """Settings with a home that exists, so that there is a database."""
    config = load_config()
    config.models_dir.mkdir(parents=True, mode=0o700)
    return config


@pytest.fixture
def library(home_config: Config, stores: Stores) -> Library:
    return Library(home_config, stores.places)
