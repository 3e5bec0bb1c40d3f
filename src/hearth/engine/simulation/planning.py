"""A plan whose memory is the engine's own figure where no formula is known to hold."""

from __future__ import annotations

from collections.abc import Sequence

from hearth.core import Choice, LoadOptions
from hearth.engine.simulation import SimulationSettings, simulate_file
from hearth.errors import EngineError
from hearth.machine.probe import Machine
from hearth.models.gguf.info import ModelInfo
from hearth.plan.load import LoadPlan, confirm, free_memory, plan_load
from hearth.plan.memory import has_formula
from hearth.plan.ways_out import Held


def plan_exactly(
    info: ModelInfo,
    machine: Machine,
    options: LoadOptions | None = None,
    *,
    gpu_memory_bytes: int = 0,
    loaded: Sequence[Held] = (),
    tuned: Choice[str] | None = None,
    draft: ModelInfo | None = None,
) -> LoadPlan:
    """Plan a load of files that are here; see `plan_load`.

    A family without a formula costs a simulated load, most of a second. Where that shows more than
    was planned, the plan is made again for what is then left.
    """
    plan = plan_load(
        info,
        machine,
        options,
        gpu_memory_bytes=gpu_memory_bytes,
        loaded=loaded,
        tuned=tuned,
        draft=draft,
    )
    if has_formula(info):
        return plan
    try:
        confirmed = _confirmed(plan, info)
        excess_bytes = confirmed.total_bytes - plan.total_bytes
        if confirmed.total_bytes <= plan.budget_bytes or excess_bytes <= 0:
            return confirmed
        plan = plan_load(
            info,
            machine,
            options,
            budget_bytes=max(0, free_memory(machine) - excess_bytes),
            gpu_memory_bytes=gpu_memory_bytes,
            loaded=loaded,
            tuned=tuned,
            draft=draft,
        )
        return _confirmed(plan, info)
    except EngineError:  # it does not know; the plan's notes say that its figures are estimates
        return plan


def _confirmed(plan: LoadPlan, info: ModelInfo) -> LoadPlan:
    simulated = simulate_file(info.files[0], SimulationSettings.of(plan, info))
    return confirm(plan, info, simulated.parts)
