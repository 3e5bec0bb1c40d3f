"""The starter model, for what random weights cannot show: sense, and real rounding."""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.core import Delta, GenerateRequest, Message, Role, SamplingParams
from hearth.engine.local import LocalEngine

pytestmark = pytest.mark.starter


@pytest.fixture
async def engine(own_home: Path, starter_path: Path):
    local = LocalEngine(load_config())
    yield local
    await local.close()


async def answer(engine: LocalEngine, question: str, **changes) -> str:
    request = GenerateRequest(
        model="starter", messages=(Message(role=Role.USER, content=question),), **changes
    )
    text = ""
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            text += event.text if isinstance(event, Delta) else ""
    return text


async def test_it_knows_what_it_is(engine: LocalEngine) -> None:
    question = "What is a large language model? One sentence."
    text = await answer(engine, question, sampling=SamplingParams(temperature=0.0), max_tokens=80)
    assert "language" in text
    assert text.rstrip().endswith(".")


async def test_it_knows_the_capital_of_france(engine: LocalEngine) -> None:
    choices = await engine.next_tokens("starter", "The capital of France is")
    assert choices[0].text == " Paris"


async def test_a_seed_repeats_an_answer_whatever_was_cached_before(engine: LocalEngine) -> None:
    """With quantized weights, cached cells elsewhere in memory would change the last bits."""
    sampling = SamplingParams(seed=11, temperature=1.5, top_k=0, top_p=1.0, min_p=0.0)
    question = "Tell a story with these words: " + "river, stone, cloud, market, engine; " * 25
    first = await answer(engine, question, sampling=sampling, max_tokens=24)
    await answer(engine, "Something else entirely, to fill the memory.", max_tokens=4)
    assert await answer(engine, question, sampling=sampling, max_tokens=24) == first
