"""Options of a load that the settings have for one model."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.core import GenerateRequest, LoadOptions
from hearth.engine.local import LocalEngine
from hearth.errors import SetupError

CONFIG = """
[loads.pico]
kv_type = "f32"
rope = "yarn:2"
num_sequences = 2
"""


def test_what_is_asked_counts_and_the_rest_is_as_usual() -> None:
    usual = LoadOptions(kv_type="q8_0", gpu_layers=9, force=True)
    asked = LoadOptions(gpu_layers=0, context=512).over(usual)
    assert asked == LoadOptions(kv_type="q8_0", gpu_layers=0, context=512, force=True)


@pytest.mark.parametrize("line", ['kv = "q8_0"', 'context = "long"'])
def test_an_unknown_option_or_value_is_named(own_home: Path, line: str) -> None:
    own_home.mkdir()
    (own_home / "config.toml").write_text(f"[loads.pico]\n{line}\n")
    with pytest.raises(SetupError, match=r"loads\.pico"):
        load_config()


@pytest.fixture
def config(own_home: Path) -> Config:
    own_home.mkdir()
    (own_home / "config.toml").write_text(CONFIG)
    return load_config()


@pytest.mark.tiny
async def test_every_load_of_a_model_takes_its_settings(config: Config, pico_path: Path) -> None:
    engine = LocalEngine(config)
    try:
        request = GenerateRequest(model=str(pico_path), prompt="hello", max_tokens=2)
        async with aclosing(engine.generate(request)) as events:
            assert [event async for event in events]
        (loaded,) = await engine.status()
        assert loaded.context == 1024  # twice what it was trained for
        assert loaded.choices["kv_type"].value == "f32"
        asked = await engine.load(str(pico_path), LoadOptions(context=256))
        assert asked.context == 256
        assert asked.choices["rope"].value == "yarn:2"
    finally:
        await engine.close()
