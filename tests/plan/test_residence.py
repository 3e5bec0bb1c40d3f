"""A plan's figure against what a worker really takes."""

from __future__ import annotations

import pytest

from hearth.config import load_config
from hearth.core import GenerateRequest, LoadOptions
from hearth.engine.local import LocalEngine
from hearth.machine.probe import read_machine
from hearth.models.gguf.info import inspect
from hearth.models.library import Library
from hearth.plan.load import plan_load
from hearth.plan.memory import memory_need


@pytest.mark.starter
async def test_worker_takes_what_was_planned_and_no_more() -> None:
    config = load_config()
    options = LoadOptions(context=2048)
    info = inspect(Library(config).resolve("starter").path)
    plan = plan_load(info, read_machine(), options)
    engine = LocalEngine(config)
    try:
        await engine.load("starter", options)
        request = GenerateRequest(model="starter", prompt="The house. " * 20, max_tokens=4)
        async for _ in engine.generate(request):
            pass
        (status,) = await engine.status()
    finally:
        await engine.close()
    used = memory_need(
        info,
        cells=plan.cells.value,
        num_sequences=plan.num_sequences.value,
        micro_batch_tokens=plan.micro_batch_tokens.value,
        cpu_flags=read_machine().cpu.flags,
        used_tokens=status.cells_used,
    )
    assert status.resident_bytes == pytest.approx(used.resident_bytes, rel=0.05)
    assert status.planned_bytes == plan.memory.resident_bytes
    # The figure also covers the process that renders templates, which this worker is not.
    kept_bytes = status.resident_bytes - plan.memory.reclaimable_bytes
    assert 0.7 * plan.total_bytes < kept_bytes < plan.total_bytes
