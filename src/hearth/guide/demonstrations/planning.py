"""What the planner says: sizes beside this memory, layers on a GPU, experts that are not read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hearth.guide.demonstrations.parts import Bar, Bars, Demonstration, Prose, Step, Steps, Table
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.plan.choose import DeviceShare, ModelPlan, Wishes, plan_by_name
from hearth.plan.show import amount
from hearth.plan.units import digits

SIZES = ("llama 3.2 1b", "llama 3.1 8b", "qwen2.5 32b", "llama 2 70b")
TYPES = ("Q4_K_M", "Q8_0", "F16")
CONTEXT = 4096
SPLIT_MODEL = "qwen2.5 32b"
SPLIT_MACHINES = (
    "DDR5-5600 x2 + 32 GB",
    "RTX 4060 + DDR5-5600 x2 + 32 GB",
    "RTX 4090 + DDR5-5600 x2 + 32 GB",
)
EXPERTS = ("qwen3 30b a3b", "qwen2.5 32b")
GIB = 2**30


async def show_sizes(around: Surroundings) -> Demonstration:
    """Show what models of usual sizes take, beside the memory that is free here."""
    plans = await asyncio.to_thread(
        lambda: [_plan(around, name, kind) for name in SIZES for kind in TYPES]
    )
    bars = [_memory_bar(plan) for plan in plans]
    free = plans[0].limits.free_bytes
    if free:
        bars.append(Bar(label="free here", value=free / GIB, is_reference=True))
    return Demonstration(
        name="sizes",
        title="What fits here",
        says="Memory is weights times bits, plus the memory of the conversation. A model larger "
        "than what is free does not run slowly: it does not run.",
        parts=(
            Bars(title=f"Memory with a context of {CONTEXT:,}", unit="GiB", bars=tuple(bars)),
            Table(
                title="Of this, by part",
                columns=("model", ">weights", ">keys and values", ">rest", ">tokens/s here"),
                rows=tuple(_parts_row(plan) for plan in plans),
            ),
        ),
    )


async def show_placement(around: Surroundings) -> Demonstration:
    """Show where the planner puts a model's layers on three machines."""
    wishes = Wishes(quantization="Q4_K_M", context=CONTEXT)
    plans = await asyncio.to_thread(
        lambda: [
            plan_by_name(around.config, SPLIT_MODEL, wishes, machine=machine)
            for machine in SPLIT_MACHINES
        ]
    )
    bars = tuple(
        Bar(label=plan.machine, value=plan.offer.decode or 0.0, note=str(plan.offer.split))
        for plan in plans
    )
    return Demonstration(
        name="placement",
        title=f"{plans[0].model} in 4 bits on three machines",
        says="Computed by the planner from the parts' published figures, nothing is measured. "
        "Layers that fit on the graphics card are fast; the others set the speed.",
        parts=(
            Bars(title="Answers, predicted", unit="tokens/s", bars=bars),
            *(
                Table(
                    title=f"{plan.machine}: {plan.offer.split}",
                    columns=("where", ">weights", ">keys and values", ">of"),
                    rows=tuple(_share_row(share) for share in plan.offer.devices),
                )
                for plan in plans
            ),
            Steps(
                title="Why",
                steps=tuple(
                    Step(title=plan.machine, text=f"{choice.value}: {choice.reason}")
                    for plan in plans
                    for choice in (plan.choices["split"],)
                ),
            ),
        ),
    )


async def show_experts(around: Surroundings) -> Demonstration:
    """Compare a mixture of experts with a dense model of the same size."""
    await around.machine()  # the planner wants its figures
    mixed, dense = await asyncio.to_thread(
        lambda: [_plan(around, name, "Q4_K_M") for name in EXPERTS]
    )
    plans = (mixed, dense)
    return Demonstration(
        name="experts",
        title="As large, and faster: a mixture of experts",
        says="All experts have to be in memory, and a few of them are read for each token. Memory "
        "is that of a large model, the speed that of a small one.",
        parts=(
            Bars(
                title="Memory",
                unit="GiB",
                bars=tuple(_memory_bar(plan) for plan in plans),
            ),
            Bars(
                title="Answers on this machine, if it had the memory",
                unit="tokens/s",
                bars=tuple(Bar(label=plan.model, value=plan.offer.decode or 0.0) for plan in plans),
            ),
            Prose(text=_gain(mixed, dense)),
        ),
    )


def _plan(around: Surroundings, name: str, kind: str) -> ModelPlan:
    return plan_by_name(around.config, name, Wishes(quantization=kind, context=CONTEXT))


def _memory_bar(plan: ModelPlan) -> Bar:
    return Bar(
        label=_name(plan),
        value=plan.offer.memory.total_bytes / GIB,
        note={"fits": "fits", "too large": "does not fit"}.get(plan.verdict, ""),
    )


def _name(plan: ModelPlan) -> str:
    return f"{plan.model} {plan.offer.settings.quantization}"


def _parts_row(plan: ModelPlan) -> tuple[str, ...]:
    memory = plan.offer.memory
    rest = memory.total_bytes - memory.weights_bytes - memory.kv_bytes
    speed = digits(plan.offer.decode) if plan.offer.decode and plan.fits else ""
    return _name(plan), amount(memory.weights_bytes), amount(memory.kv_bytes), amount(rest), speed


def _share_row(share: DeviceShare) -> tuple[str, ...]:
    free = share.budget.free_bytes
    room = amount(free) if free is not None else "not known"
    return share.budget.name, amount(share.weights_bytes), amount(share.kv_bytes), room


def _gain(mixed: ModelPlan, dense: ModelPlan) -> str:
    speeds: Sequence[float | None] = (mixed.offer.decode, dense.offer.decode)
    if speeds[0] is None or speeds[1] is None:
        return "This machine's memory could not be measured, so that there are no speeds."
    ratio = speeds[0] / speeds[1]
    return f"{mixed.model} is predicted to write {digits(ratio)} times as fast as {dense.model}."
