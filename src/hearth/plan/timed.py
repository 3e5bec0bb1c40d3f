"""Estimates from measured kernels: a range, and the step that shows what takes the time."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.plan.arithmetic import Range, Step
from hearth.plan.kernels import KernelTable
from hearth.plan.look_back import Pass
from hearth.plan.passes import PassTime, can_time, pass_time, prompt_time
from hearth.plan.placement import Placement
from hearth.plan.shape import ModelShape
from hearth.plan.units import duration

# What kernels that are timed alone do not tell of a whole pass, as parts of its time: nine of ten
# stand-ins took between these (docs/log.md, "Predicted speed against measured").
MODEL_ERROR = Range(low=0.85, likely=1.0, high=1.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A time with the arithmetic behind it."""

    seconds: Range
    step: Step


def timed_answer(shape: ModelShape, placement: Placement, passing: Pass) -> Timed | None:
    """Return the time of one token of each answer; None where kernels were not measured."""
    table = _table(shape, placement)
    if table is None:
        return None
    found = pass_time(shape, placement.parts, table, passing)
    return _timed(found, "one pass", placement, table)


def timed_prompt(
    shape: ModelShape,
    placement: Placement,
    *,
    tokens: int,
    depth: int,
    kv_type: str,
    micro_batch: int,
    flash: bool = True,
) -> Timed | None:
    """Return the time of a prompt; None where kernels were not measured."""
    table = _table(shape, placement)
    if table is None:
        return None
    found = prompt_time(
        shape,
        placement.parts,
        table,
        tokens=tokens,
        depth=depth,
        kv_type=kv_type,
        micro_batch=micro_batch,
        flash=flash,
    )
    return _timed(found, "the prompt", placement, table)


def _table(shape: ModelShape, placement: Placement) -> KernelTable | None:
    table = placement.device.kernels
    return table if table and can_time(shape, placement.parts, table) else None


def _timed(found: PassTime, what: str, placement: Placement, table: KernelTable) -> Timed:
    total = found.total
    parts = {"weights": found.weights, "attention": found.attention, "the rest": found.between}
    how = " + ".join(f"{name} {duration(part.likely)}" for name, part in parts.items())
    step = Step(
        what=f"time of {what} on {placement.device.name}",
        how=how,
        result=duration(total.likely),
        source=table.source,
    )
    seconds = Range(
        low=total.low * MODEL_ERROR.low,
        likely=total.likely,
        high=total.high * MODEL_ERROR.high,
    )
    return Timed(seconds=seconds, step=step)
