"""How fast it could be, and how fast it is: answers beside the limit that memory sets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from hearth.core import Finished, GenerateRequest, SamplingParams
from hearth.errors import EngineError
from hearth.guide.demonstrations.parts import Bar, Bars, Demonstration, Line, Prose, Series, Table
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.machine.profile import BandwidthAt, MachineProfile
from hearth.plan.units import scaled

PROMPT = "A list of things that one can see in a harbour:"
NUM_TOKENS = 48


async def show_speed_limit(around: Surroundings) -> Demonstration:
    """Measure the speed of one answer, and hold it against the bandwidth of the memory."""
    from hearth.plan.choose import plan_by_name

    await around.machine()  # the planner wants its figures
    plan = await asyncio.to_thread(plan_by_name, around.config, around.model)
    measured = await measure_decode(around)
    bars = [Bar(label="measured just now", value=measured, note=f"{NUM_TOKENS} tokens")]
    speed = plan.offer.speeds.decode if plan.offer.speeds else None
    if speed and speed.estimate:
        bars.append(Bar(label="predicted", value=speed.estimate.likely, note="by the planner"))
    if speed and speed.bound:
        bars.append(Bar(label="the limit", value=speed.bound, note=speed.limit, is_reference=True))
    steps = speed.steps if speed else ()
    return Demonstration(
        name="speed-limit",
        title="An answer, beside what memory allows",
        says="Each token reads every weight once. No program writes faster than the memory hands "
        "the weights over; what is left below the limit goes to computing, and to other programs.",
        parts=(
            Bars(title="Speed of one answer", unit="tokens/s", bars=tuple(bars)),
            Table(
                title="How the limit follows",
                columns=("", "arithmetic", ">result", "source"),
                rows=tuple((each.what, each.how, each.result, each.source or "") for each in steps),
            ),
        ),
        model=around.model,
    )


async def show_threads(around: Surroundings) -> Demonstration:
    """Show how the bandwidth of the memory grows with the threads that read."""
    profile = await around.machine()
    found = profile.memory.bandwidth_by_threads
    line = Line(
        name="memory",
        xs=tuple(float(at.num_threads) for at in found),
        ys=tuple(at.bandwidth.value / 1e9 for at in found),
    )
    return Demonstration(
        name="threads",
        title="More threads, and what they bring",
        says="Threads share one memory. Where another one brings no more bytes per second, it "
        "brings no more tokens either.",
        parts=(
            Series(
                title="Reading memory",
                x_label="threads",
                y_label="GB/s",
                lines=(line,),
            ),
            Table(title="The processor", columns=("", "here"), rows=_processor(profile)),
            Prose(text=_gain(found)),
        ),
        measured_at=profile.date,
        cached=True,
    )


async def measure_decode(around: Surroundings) -> float:
    """Return the tokens per second of one short answer, its first token excluded.

    Raises:
        EngineError: The answer ended without its figures.
    """
    request = GenerateRequest(
        model=around.model,
        prompt=PROMPT,
        sampling=SamplingParams(temperature=0.0),
        max_tokens=NUM_TOKENS,
        ignore_eos=True,
    )
    async with aclosing(around.engine.generate(request)) as events:
        async for event in events:
            if isinstance(event, Finished):
                return (event.usage.completion_tokens - 1) / max(event.timings.decode_s, 1e-9)
    raise EngineError("The answer ended without its figures.")


def _gain(found: Sequence[BandwidthAt]) -> str:
    one, best = found[0], max(found, key=lambda at: at.bandwidth.value)
    alone = f"One thread reads {scaled(one.bandwidth.value, 'B/s')}"
    if best.num_threads == one.num_threads:
        return f"{alone}, and more of them read no more."
    times = best.bandwidth.value / one.bandwidth.value
    together = f"{best.num_threads} read {scaled(best.bandwidth.value, 'B/s')}"
    return f"{alone}; {together}, which is {times:.1f} times as much."


def _processor(profile: MachineProfile) -> tuple[tuple[str, str], ...]:
    cpu = profile.cpu
    return (
        ("name", cpu.name or "not told"),
        ("hardware threads", str(cpu.num_logical or "not told")),
        ("cores", str(cpu.num_physical or "not told")),
        ("threads that compute", str(cpu.num_threads or "not told")),
    )
