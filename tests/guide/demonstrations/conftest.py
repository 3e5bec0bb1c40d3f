"""Where demonstrations run: an engine with the pico model, or with the starter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hearth.config import Config, ensure_home
from hearth.engine.local import LocalEngine
from hearth.guide.demonstrations import Surroundings
from support.guide import keep_measured_machine


def _config(home: Path) -> Config:
    config = Config(home=home, other_programs=False)
    ensure_home(config)
    keep_measured_machine(config)
    return config


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_pico(
    tmp_path_factory: pytest.TempPathFactory, pico_path: Path
) -> AsyncIterator[Surroundings]:
    config = _config(tmp_path_factory.mktemp("pico-home"))
    (config.models_dir / "pico.gguf").symlink_to(pico_path)
    engine = LocalEngine(config)
    yield Surroundings(config=config, engine=engine, model="pico")
    await engine.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_starter(
    tmp_path_factory: pytest.TempPathFactory, starter_path: Path
) -> AsyncIterator[Surroundings]:
    config = _config(tmp_path_factory.mktemp("starter-home"))
    engine = LocalEngine(config)
    yield Surroundings(config=config, engine=engine, model="starter")
    await engine.close()
