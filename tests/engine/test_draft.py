"""A draft model through the whole engine: named, planned, loaded, confined, and used."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.core import Finished, GenerateRequest, LoadOptions, SamplingParams
from hearth.engine.local import LocalEngine
from hearth.errors import InvalidRequest, ModelNotFound
from support.pico import write_pico, write_sentencepiece_pico

pytestmark = pytest.mark.tiny


@pytest.fixture
async def engine(own_home: Path):
    local = LocalEngine(load_config())
    yield local
    await local.close()


async def answered(engine: LocalEngine, path: Path) -> tuple[str, Finished]:
    request = GenerateRequest(
        model=str(path),
        prompt="A long way from ",
        sampling=SamplingParams(temperature=0.0),
        max_tokens=60,
        ignore_eos=True,
    )
    async with aclosing(engine.generate(request)) as stream:
        events = [event async for event in stream]
    return "".join(getattr(event, "text", "") for event in events), events[-1]


async def test_a_small_model_guesses_along(engine: LocalEngine, tmp_path: Path) -> None:
    large = write_pico(tmp_path / "large.gguf", num_layers=4)
    small = write_pico(tmp_path / "small.gguf")
    status = await engine.load(str(large), LoadOptions(speculation="off", kv_type="f32"))
    assert status.choices["draft_model"].value == "none"
    plain, _ = await answered(engine, large)
    status = await engine.load(str(large), LoadOptions(draft_model=str(small), kv_type="f32"))
    assert status.choices["draft_model"].value == "small"
    assert status.confined
    guessed, finished = await answered(engine, large)
    assert guessed == plain
    assert finished.usage.drafted_tokens >= finished.usage.accepted_tokens >= 0


async def test_a_draft_model_that_does_not_fit_is_refused(
    engine: LocalEngine, tmp_path: Path
) -> None:
    large = write_pico(tmp_path / "large.gguf", num_layers=4)
    with pytest.raises(ModelNotFound):
        await engine.load(str(large), LoadOptions(draft_model="nowhere"))
    foreign = write_sentencepiece_pico(tmp_path / "foreign.gguf")
    with pytest.raises(InvalidRequest, match="cannot write ahead"):
        await engine.load(str(large), LoadOptions(draft_model=str(foreign)))
