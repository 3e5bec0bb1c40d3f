"""Speed from first principles: what must be read, what must be computed, what the machine can do.

    decode   one pass reads every weight that its tokens use once, and for each token the keys and
             values of all tokens before it:
             time >= max(bytes / bandwidth, operations / peak)          the bound
             time  = max(bytes / rate, operations / rate) + layers x overhead     the estimate
    prompt   as decode, with many tokens in a pass: computing binds, not reading
    split    layers on several devices follow each other: times add up, and so does the link

The bound uses what the hardware can do at most, and for a mixture of experts the fewest experts
that a batch can touch; no machine with these figures is faster, whatever its program, as long as a
pass gives one token per sequence. The estimate uses the rates that engines reach, the number of
experts expected, and carries an interval. The two never mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hearth.plan.arithmetic import Range, Step
from hearth.plan.devices import Computer, Device
from hearth.plan.look_back import Pass
from hearth.plan.placement import Placement
from hearth.plan.shape import ModelShape
from hearth.plan.sizing import micro_batch
from hearth.plan.timed import timed_answer, timed_prompt
from hearth.plan.units import digits, duration, num_bytes, scaled, tokens_per_s
from hearth.plan.work import Work, work

ACTIVATION_BYTES = 4  # numbers between layers are float32
LINK_LATENCY_S = Range(low=5e-6, likely=15e-6, high=50e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """A predicted speed.

    Args:
        bound: Tokens per second that no machine with these figures exceeds; None where a figure
            that it needs is unknown.
        estimate: Tokens per second that an engine reaches; None where a figure is unknown.
        limit: What binds, such as "memory bandwidth of RTX 4090".
        limit_share: Part of that limit that the likely estimate uses; None without both.
        steps: The arithmetic.
    """

    bound: float | None
    estimate: Range | None
    limit: str
    limit_share: float | None
    steps: tuple[Step, ...]


def decode_speed(
    shape: ModelShape,
    computer: Computer,
    placements: Sequence[Placement],
    *,
    depth: int = 0,
    batch: int = 1,
    kv_type: str = "f16",
    flash: bool = True,
) -> Speed:
    """Predict how fast answers are written, all sequences together.

    Args:
        shape: The model.
        computer: The machine, for the link between its devices.
        placements: Which device computes which layers; see `place`.
        depth: Tokens that each sequence holds already.
        batch: Sequences that write at once.
        kv_type: Type of the keys and values.
        flash: Whether attention is computed without its full matrix.
    """
    steps: list[Step] = []
    bounds: list[tuple[float, str]] = []
    total, is_timed = Range.exactly(0.0), True
    for placement in placements:
        todo = work(shape, placement, tokens=batch, depth=depth, kv_type=kv_type)
        device = placement.device
        bounds.append(_bound(todo, device))
        steps += _work_steps(todo, device, batch)
        passing = Pass(
            tokens=batch,
            sequences=batch,
            outputs=batch,
            depth=depth,
            kv_type=kv_type,
            flash=flash,
        )
        timed = timed_answer(shape, placement, passing)
        total = total.plus(timed.seconds if timed else _estimate(todo, device))
        steps += [timed.step] if timed else []
        is_timed = is_timed and timed is not None
    total = total.plus(_crossing(shape, computer, _crossings(placements), batch))
    # One sequence passes the devices one after another; of several, each device can have one.
    least = sum(time for time, _ in bounds) if batch == 1 else max(time for time, _ in bounds)
    limit = max(bounds)[1]
    return _speed(batch, least, total, limit, steps, is_timed=is_timed)


def prompt_speed(
    shape: ModelShape,
    computer: Computer,
    placements: Sequence[Placement],
    *,
    tokens: int,
    depth: int = 0,
    kv_type: str = "f16",
    flash: bool = True,
) -> Speed:
    """Predict how fast a prompt is read.

    Args:
        shape: The model.
        computer: The machine, for the link between its devices.
        placements: Which device computes which layers; see `place`.
        tokens: Length of the prompt.
        depth: Tokens that stand before it.
        kv_type: Type of the keys and values.
        flash: Whether attention is computed without its full matrix.
    """
    middle = depth + tokens // 2  # the mean number of tokens that one of them attends to
    at_once = micro_batch(flash_attention=flash).value
    passes = -(-tokens // at_once)
    steps: list[Step] = []
    bounds: list[tuple[float, str]] = []
    total: Range | None = Range.exactly(0.0)
    computing: list[tuple[float, str]] = []  # at the peak of what was timed
    for placement in placements:
        device = placement.device
        # Only the last token of a prompt needs the output matrix.
        parts = tuple(part for part in placement.parts if part is not shape.output)
        passing = replace(placement, parts=parts)
        todo = work(shape, passing, tokens=tokens, depth=middle)
        if device.flops:
            bounds.append((todo.flops / device.flops, _operations_of(device)))
        else:
            bounds.append((todo.least_bytes / device.bandwidth, _bandwidth_of(device)))
        steps += _prompt_steps(todo, device)
        timed = timed_prompt(
            shape,
            placement,
            tokens=tokens,
            depth=depth,
            kv_type=kv_type,
            micro_batch=at_once,
            flash=flash,
        )
        steps += [timed.step] if timed else []
        if timed and device.kernels and not device.flops:
            computing.append((todo.flops / device.kernels.peak_flops, _operations_of(device)))
        time = timed.seconds if timed else _prompt_estimate(todo, device, passes)
        total = total.plus(time) if total and time else None
    if total is not None:
        total = total.plus(_crossing(shape, computer, _crossings(placements), tokens))
    least, limit = max(bounds)
    speed = _speed(tokens, least, total, limit, steps, is_timed=bool(computing))
    if not computing or total is None:
        return speed
    share = min(1.0, sum(time for time, _ in computing) / total.likely)
    return replace(speed, limit=max(computing)[1], limit_share=share)


def first_token_s(prompt: Speed, decode: Speed, tokens: int) -> Range | None:
    """Return the time to the first token: the whole prompt, then one step; None where unknown."""
    if prompt.estimate is None or decode.estimate is None:
        return None
    return prompt.estimate.dividing(tokens).plus(decode.estimate.dividing(1))


def _bound(todo: Work, device: Device) -> tuple[float, str]:
    """Return the least time of a pass on a device, and what makes it."""
    reading = (todo.least_bytes + todo.kv_bytes) / device.bandwidth
    computing = todo.flops / device.flops if device.flops else 0.0
    if computing > reading:
        return computing, _operations_of(device)
    return reading, _bandwidth_of(device)


def _estimate(todo: Work, device: Device) -> Range:
    reading = device.read.dividing(todo.weight_bytes)
    time = (
        reading if device.compute is None else _slower(reading, device.compute.dividing(todo.flops))
    )
    time = time.plus(device.attention.dividing(todo.kv_bytes))
    return time.plus(device.layer_s.times(todo.num_layers))


def _prompt_estimate(todo: Work, device: Device, passes: int) -> Range | None:
    """Return the time of a prompt on a device; None where its operations are unknown."""
    if device.compute is None:
        return None
    computing = device.compute.dividing(todo.flops)
    reading = device.read.dividing(passes * todo.weight_bytes)
    return _slower(computing, reading).plus(device.layer_s.times(passes * todo.num_layers))


def _crossings(placements: Sequence[Placement]) -> int:
    """Return how often a pass goes from one device to another."""
    return sum(placement.visits for placement in placements) - 1


def _crossing(shape: ModelShape, computer: Computer, crossings: int, tokens: int) -> Range:
    """Return the time that numbers between layers take from device to device."""
    moved = tokens * shape.width * ACTIVATION_BYTES / computer.link if computer.link else 0.0
    return LINK_LATENCY_S.plus(Range.exactly(moved)).times(max(0, crossings))


def _slower(one: Range, other: Range) -> Range:
    return Range(
        low=max(one.low, other.low),
        likely=max(one.likely, other.likely),
        high=max(one.high, other.high),
    )


def _speed(
    tokens: int,
    least_s: float,
    total_s: Range | None,
    limit: str,
    steps: list[Step],
    *,
    is_timed: bool = False,
) -> Speed:
    """Put a speed together; what was timed may pass a bound that was itself only measured."""
    bound = tokens / least_s if least_s else None
    estimate = total_s.dividing(tokens) if total_s else None
    if bound is not None and estimate is not None and not is_timed:
        estimate = Range(
            low=min(estimate.low, bound),
            likely=min(estimate.likely, bound),
            high=min(estimate.high, bound),
        )
    if bound is not None:
        how = f"{tokens} / {duration(least_s)}" if tokens > 1 else f"1 / {duration(least_s)}"
        steps = [*steps, Step(what=f"bound, by {limit}", how=how, result=tokens_per_s(bound))]
    share = min(1.0, estimate.likely / bound) if bound and estimate else None
    return Speed(bound=bound, estimate=estimate, limit=limit, limit_share=share, steps=tuple(steps))


def _work_steps(todo: Work, device: Device, batch: int) -> list[Step]:
    read = todo.least_bytes + todo.kv_bytes
    what = "for one token" if batch == 1 else f"for one token of each of {batch} sequences"
    how = f"{num_bytes(todo.least_bytes)} weights + {num_bytes(todo.kv_bytes)} keys and values"
    found = [
        Step(what=f"read by {device.name} {what}", how=how, result=num_bytes(read)),
        Step(
            what=f"time to read on {device.name}",
            how=f"{num_bytes(read)} / {scaled(device.bandwidth, 'B/s')}",
            result=duration(read / device.bandwidth),
            source=device.source,
        ),
    ]
    if device.flops:
        found.append(_compute_step(todo, device))
    return found


def _prompt_steps(todo: Work, device: Device) -> list[Step]:
    if device.flops:
        return [_compute_step(todo, device)]
    return [
        Step(
            what=f"operations on {device.name}",
            how="",
            result=f"{scaled(todo.flops, 'FLOP')}; its peak is not known",
        )
    ]


def _compute_step(todo: Work, device: Device) -> Step:
    peak = device.flops or 0.0
    return Step(
        what=f"time to compute on {device.name}",
        how=f"{scaled(todo.flops, 'FLOP')} / {scaled(peak, 'FLOP/s')}",
        result=duration(todo.flops / peak),
        source=f"{digits(peak / 1e12)} TFLOP/s in the fewest bits",
    )


def _operations_of(device: Device) -> str:
    return f"operations of {device.name}"


def _bandwidth_of(device: Device) -> str:
    return f"memory bandwidth of {device.name}"
