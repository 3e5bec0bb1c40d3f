"""Loads that pages have begun: one for each model, and none that dies with its page."""

from __future__ import annotations

import asyncio

import pytest

from hearth.core import LoadOptions, ModelStatus
from hearth.engine.client import ProgressCallback
from hearth.errors import ModelNotFound
from hearth.web.loads import Loads
from support.fake_engine import FakeEngine


class SlowEngine(FakeEngine):
    """Loads nothing before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()
        self.num_loads = 0

    async def load(
        self,
        model: str,
        options: LoadOptions | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> ModelStatus:
        self.num_loads += 1
        await self.let.wait()
        return await super().load(model, options, on_progress)


async def test_two_who_ask_share_one_load_and_one_who_leaves_does_not_end_it() -> None:
    engine = SlowEngine()
    loads = Loads(engine)
    first, second = (asyncio.create_task(loads.load("fake")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    engine.let.set()
    await second
    assert engine.num_loads == 1
    assert "fake" in engine.loaded
    await loads.load("fake")  # one that has ended is begun anew
    assert engine.num_loads == 2


async def test_a_failure_reaches_whoever_waits() -> None:
    with pytest.raises(ModelNotFound):
        await Loads(FakeEngine()).load("nowhere")


async def test_closing_gives_up_what_is_running() -> None:
    engine = SlowEngine()
    loads = Loads(engine)
    waiting = asyncio.create_task(loads.load("fake"))
    await asyncio.sleep(0)
    await loads.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not engine.loaded
