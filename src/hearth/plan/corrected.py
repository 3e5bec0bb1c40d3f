"""Predictions with the corrections of this machine applied, each as a step that can be seen.

A correction changes the likely value and replaces the range by one in which eight of ten figures
came out here. A bound stays: physics needs no correction, and nothing is corrected beyond it.
"""

from __future__ import annotations

from dataclasses import replace

from hearth.plan.arithmetic import Range, Step
from hearth.plan.corrections import Correction, Corrections
from hearth.plan.load_time import LoadTime
from hearth.plan.memory import MemoryNeed
from hearth.plan.roofline import Speed, first_token_s
from hearth.plan.speeds import Speeds
from hearth.plan.units import tokens_per_s
from hearth.store.predicted import Part


def correct_speeds(
    speeds: Speeds, corrections: Corrections, *, prompt_tokens: int, batch: int = 1
) -> Speeds:
    """Return speeds as this machine has been found to reach them.

    Args:
        speeds: As predicted.
        corrections: Of the same model on the same machine.
        prompt_tokens: Length of the prompt that `speeds` was predicted for.
        batch: Sequences that it was predicted for.
    """
    writing = corrections.get(Part.DECODE if batch == 1 else Part.DECODE_TOGETHER)
    decode = correct_speed(speeds.decode, writing)
    prompt = correct_speed(speeds.prompt, corrections.get(Part.PROMPT))
    first = corrections.get(Part.FIRST_TOKEN)
    return replace(
        speeds,
        decode=decode,
        prompt=prompt,
        first_token_s=correct_range(speeds.first_token_s, first)
        if first is not None
        else first_token_s(prompt, decode, prompt_tokens),
        load=LoadTime(
            cold_s=correct_range(speeds.load.cold_s, corrections.get(Part.LOAD_COLD)),
            warm_s=correct_range(speeds.load.warm_s, corrections.get(Part.LOAD_WARM)),
        ),
    )


def correct_speed(speed: Speed, correction: Correction | None) -> Speed:
    """Return a speed with its correction as the last step; unchanged where there is none."""
    if speed.estimate is None or correction is None:
        return speed
    likely = speed.estimate.likely
    estimate = correction.apply(likely)
    if speed.bound is not None:
        estimate = Range(
            low=min(estimate.low, speed.bound),
            likely=min(estimate.likely, speed.bound),
            high=min(estimate.high, speed.bound),
        )
    step = Step(
        what="corrected by what was measured here",
        how=f"{tokens_per_s(likely)} x {correction.factor:.2f}",
        result=tokens_per_s(estimate.likely),
        source=str(correction),
    )
    share = estimate.likely / speed.bound if speed.bound else None
    return replace(speed, estimate=estimate, limit_share=share, steps=(*speed.steps, step))


def correct_range(value: Range | None, correction: Correction | None) -> Range | None:
    """Return a time with its correction; unchanged where there is none of either."""
    if value is None or correction is None:
        return value
    return correction.apply(value.likely)


def correct_memory(need: MemoryNeed, corrections: Corrections) -> MemoryNeed:
    """Return a need of memory whose worker takes what was found here; the other parts are exact."""
    correction = corrections.get(Part.OVERHEAD)
    if correction is None:
        return need
    worker = round(need.worker_bytes * correction.factor)
    library = round(need.library_bytes * correction.factor)
    more = worker + library - need.worker_bytes - need.library_bytes
    host = [
        replace(device, overhead_bytes=device.overhead_bytes + more) for device in need.devices[:1]
    ]
    return replace(
        need,
        overhead_bytes=need.overhead_bytes + more,
        worker_bytes=worker,
        library_bytes=library,
        devices=(*host, *need.devices[1:]),
    )
