"""Energy of tokens of a real, tiny model, told by a gauge that always shows the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.engine.local import LocalEngine
from hearth.errors import EngineError, InvalidRequest
from hearth.machine.power import Gauge, Sources, find_sources
from hearth.measure.energy import measure_energy, require_meter

pytestmark = pytest.mark.tiny


@pytest.fixture
async def engine(own_home: Path) -> AsyncIterator[LocalEngine]:
    local = LocalEngine(load_config())
    yield local
    await local.close()


def gauge(*shown: float) -> Sources:
    """Return a source that shows these watts one after the other, and nothing after them."""
    left = iter(shown)
    read = (lambda: next(left, None)) if shown else (lambda: 50.0)
    return Sources(found=(Gauge(covers="processor", method="a gauge", read=read),))


async def test_a_steady_gauge(engine: LocalEngine, pico_path: Path) -> None:
    said: list[str] = []
    found = await measure_energy(engine, str(pico_path), gauge(), span_s=0.05, progress=said.append)
    assert found.idle_watts is not None
    assert 0 < found.idle_watts <= 50.001
    for part in (found.answer_joules, found.prompt_joules):
        assert 0 < part.low <= part.likely <= part.high
    assert found.covers == ("processor",)
    assert said[0] == "loading the model"


async def test_entered_watts(engine: LocalEngine, pico_path: Path) -> None:
    found = await measure_energy(
        engine, str(pico_path), Sources(), watts=60, span_s=0.05, progress=lambda _: None
    )
    assert found.idle_watts is None
    assert found.is_whole
    assert found.answer_watts.likely == pytest.approx(60, rel=0.01)


async def test_a_gauge_that_falls_silent(engine: LocalEngine, pico_path: Path) -> None:
    with pytest.raises(EngineError, match="could not be read"):
        await measure_energy(
            engine, str(pico_path), gauge(50, 50), span_s=0.05, progress=lambda _: None
        )


def test_a_machine_that_tells_nothing_asks_for_watts() -> None:
    assert require_meter(60.0).found == ()
    if find_sources().found:
        assert require_meter(None).found
        return
    with pytest.raises(InvalidRequest, match="does not tell") as refused:
        require_meter(None)
    assert "--watts" in (refused.value.hint or "")
