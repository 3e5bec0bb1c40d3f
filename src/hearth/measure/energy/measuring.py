"""Measure what a token of a model costs in energy on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hearth.engine.client import Engine
from hearth.errors import EngineError, InvalidRequest
from hearth.machine.power import Energy, Meter, Reading, Sources, find_sources
from hearth.measure.energy.tokens import Span, TokenEnergy, token_energy
from hearth.measure.energy.workload import Workload

SPAN_S = 2.0  # long against the tenth of a second in which a GPU's counter moves
NUM_SPANS = 3


def require_meter(watts: float | None) -> Sources:
    """Return what tells of energy here.

    Args:
        watts: What a person entered; then nothing has to tell.

    Raises:
        InvalidRequest: Nothing tells, and nothing was entered.
    """
    sources = Sources() if watts else find_sources()
    if not watts and not sources.found:
        reasons = "; ".join(f"{name}: {why}" for name, why in sources.missing.items())
        raise InvalidRequest(
            f"This machine does not tell what energy it takes. {reasons}.",
            hint="Enter what a meter at the plug shows: --watts 90, or --watts 80-100.",
            param="watts",
        )
    return sources


async def measure_energy(
    engine: Engine,
    model: str,
    sources: Sources,
    *,
    watts: float | None = None,
    span_s: float = SPAN_S,
    progress: Callable[[str], None],
) -> TokenEnergy:
    """Measure energy and time of a token, in answers and in prompts by turns.

    Args:
        engine: Loads the model, or has it loaded.
        model: Its name or path.
        sources: What tells of energy.
        watts: Entered for the whole machine while it computes; then nothing is read.
        span_s: Least length of each span.
        progress: Told what is being measured.

    Raises:
        EngineError: What told of energy did so no more.
    """
    progress("loading the model")
    status = await engine.load(model)
    workload = Workload(engine, model, status.context)
    await workload.prepare()
    idle_watts = None
    if not watts:
        progress("power at rest")
        idle_watts = _energy_of(await _idle(sources, span_s)).watts
    answers: list[Span] = []
    prompts: list[Span] = []
    for number in range(1, NUM_SPANS + 1):
        progress(f"answers and prompts, {number} of {NUM_SPANS}")
        answers.append(await _span(workload.write, span_s, sources, watts))
        prompts.append(await _span(workload.read, span_s, sources, watts))
    return token_energy(model, answers, prompts, idle_watts)


async def _idle(sources: Sources, span_s: float) -> Reading:
    with Meter(sources) as meter:
        await asyncio.sleep(span_s)
    return meter.reading


async def _span(
    work: Callable[[float], Awaitable[tuple[int, int]]],
    span_s: float,
    sources: Sources,
    watts: float | None,
) -> Span:
    with Meter(sources, watts=watts) as meter:
        prompt_tokens, answer_tokens = await work(span_s)
    energy = _energy_of(meter.reading)
    return Span(prompt_tokens=prompt_tokens, answer_tokens=answer_tokens, energy=energy)


def _energy_of(reading: Reading) -> Energy:
    if reading.total is None:
        raise EngineError(
            f"The energy could not be read: {reading.why_not}.",
            hint="Enter what a meter at the plug shows: --watts 90.",
        )
    return reading.total
