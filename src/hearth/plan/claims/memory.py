"""Judge a claim about how much memory suffices, and about how long a context may be."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.plan.arithmetic import Range, Step
from hearth.plan.claims.claim import Claim, Finding, Verdict
from hearth.plan.claims.hardware import (
    DISK_SOURCE,
    FASTEST_DISK,
    GIB_PER_GB,
    hardware_of,
    is_main_memory,
)
from hearth.plan.claims.subject import Subject, subject_of
from hearth.plan.memory import KV_TYPES
from hearth.plan.shape import ModelShape, kv_bytes_read
from hearth.plan.units import digits, num_bytes, scaled, tokens_per_s

USUAL_CONTEXT = 4096
SMALLEST_KV = "q4_0"
USUAL_KV = "f16"
SCRATCH_BYTES = Range(low=0.15e9, likely=0.6e9, high=1.5e9)
SCRATCH_SOURCE = "compute buffers, the program itself and a GPU's context; grows with the model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Memory that a claim gives a model.

    Args:
        least_bytes: As the figure stands; `most_bytes` if it was meant in powers of two.
        could_be_more: It is that of GPUs, of main memory nothing was said.
    """

    name: str
    least_bytes: float
    most_bytes: float
    could_be_more: bool = False


def judge_memory(claim: Claim) -> Finding:
    """Judge whether a model fits into the memory that a claim names."""
    subject, room = subject_of(claim), room_of(claim)
    if subject is None or room is None:
        missing = [] if subject else ["how many weights the model has, such as `70B`, or its name"]
        missing += [] if room else ["how much memory, such as `24 GB`, or which GPU"]
        return Finding(
            about="memory",
            verdict=Verdict.UNDECIDED,
            reason="The memory follows from the number of weights and the bits of each.",
            claimed="it fits",
            unit="B",
            missing=tuple(missing),
        )
    return _fit(claim, subject, room)


def judge_context(claim: Claim) -> Finding:
    """Judge the context that a claim states: what a model was trained for, and what it takes."""
    subject = subject_of(claim)
    context = claim.context or 0
    claimed = f"{context:,} tokens"
    if subject is None:
        return Finding(
            about="context",
            verdict=Verdict.UNDECIDED,
            reason="Keys and values follow from the model's layers and heads.",
            claimed=claimed,
            unit="tokens",
            missing=("which model it is",),
        )
    usual = kv_total(subject.usual, context, claim.kv_type or USUAL_KV) * claim.batch
    steps = _kv_steps(subject, claim, context)
    trained = subject.usual.context_length
    if trained is not None and context > trained:
        return Finding(
            about="context",
            verdict=Verdict.IMPLAUSIBLE,
            reason=f"{subject.known.name} was trained for {trained:,} tokens; beyond, it needs "
            "stretched positions and loses what it knew.",
            claimed=claimed,
            unit="tokens",
            bound=trained,
            steps=steps,
        )
    said = "" if trained is None else f" of the {trained:,} that it was trained for"
    return Finding(
        about="context",
        verdict=Verdict.PLAUSIBLE,
        reason=f"{claimed}{said} take {num_bytes(usual)} of keys and values, full.",
        claimed=claimed,
        unit="tokens",
        steps=steps,
    )


def room_of(claim: Claim) -> Room | None:
    """Return the memory of a claim: the figures it gives, or those of the devices it names."""
    hardware = hardware_of(claim)
    known = hardware.computer.memory_bytes if hardware else None
    if hardware is None or known is None:
        said = (claim.memory_bytes or 0.0) + (claim.ram_bytes or 0.0)
        if not said:
            return None
        return Room(name="memory", least_bytes=said, most_bytes=said * GIB_PER_GB)
    has_main_memory = any(map(is_main_memory, hardware.computer.devices))
    if claim.ram_bytes and not has_main_memory:
        known += claim.ram_bytes * GIB_PER_GB
    nothing_said = claim.memory_bytes is None and claim.ram_bytes is None
    return Room(
        name=hardware.computer.name,
        least_bytes=known,
        most_bytes=known,
        could_be_more=nothing_said and not has_main_memory,
    )


def kv_total(shape: ModelShape, context: int, kv_type: str) -> float:
    """Return the bytes of keys and values of a full context."""
    return sum(
        kv_bytes_read(shape, layer, depth=context, kv_type=kv_type) for layer in shape.layers
    )


def _fit(claim: Claim, subject: Subject, room: Room) -> Finding:
    context = claim.context or USUAL_CONTEXT
    least_kv = _least_kv(claim, subject)
    usual_kv = kv_total(subject.usual, context, claim.kv_type or USUAL_KV) * claim.batch
    least = subject.least.weight_bytes + least_kv
    usual = SCRATCH_BYTES.plus(Range.exactly(subject.usual.weight_bytes + usual_kv))
    steps = (
        *subject.steps,
        *_kv_steps(subject, claim, context),
        Step(what="everything else", how="", result=_span(SCRATCH_BYTES), source=SCRATCH_SOURCE),
        Step(
            what="needed at least",
            how=f"{num_bytes(subject.least.weight_bytes)} + {num_bytes(least_kv)}",
            result=num_bytes(least),
        ),
        Step(
            what="needed usually",
            how=f"{num_bytes(subject.usual.weight_bytes)} + {num_bytes(usual_kv)} + the rest",
            result=_span(usual),
        ),
        Step(what=f"there is in {room.name}", how="", result=num_bytes(room.most_bytes)),
    )
    verdict, reason = _verdict(subject, room, least, usual)
    missing: tuple[str, ...] = ()
    if verdict is Verdict.IMPOSSIBLE and room.could_be_more:
        verdict = Verdict.UNDECIDED
        reason = f"It takes at least {num_bytes(least)}; {room.name} alone does not hold that."
        beside = num_bytes(least - room.most_bytes)
        missing = (f"how much main memory there is beside it: at least {beside}",)
    return Finding(
        about="memory",
        verdict=verdict,
        reason=reason,
        missing=missing,
        claimed=num_bytes(room.least_bytes),
        unit="B",
        bound=least,
        estimate=usual,
        steps=steps,
    )


def _verdict(subject: Subject, room: Room, least: float, usual: Range) -> tuple[Verdict, str]:
    there = num_bytes(room.least_bytes)
    if least > room.most_bytes:
        left = least - room.most_bytes
        slow = FASTEST_DISK / max(left, 1.0)
        return Verdict.IMPOSSIBLE, (
            f"It takes at least {num_bytes(least)}, and there are {there}. What does not fit would "
            f"be read from storage for every token: {tokens_per_s(slow)} at the most for a dense "
            f"model, at {scaled(FASTEST_DISK, 'B/s')} ({DISK_SOURCE})."
        )
    if usual.low > room.most_bytes:
        said = subject.quantization
        at = f"at {subject.usual_quantization.name}"
        bits = room.most_bytes * 8 / subject.known.num_parameters
        fewer = "" if said else f" It fits only with fewer than {digits(bits)} bits per weight."
        return Verdict.IMPLAUSIBLE, (
            f"{at} it takes {_span(usual)}, and there are {there}.{fewer}".capitalize()
        )
    return Verdict.PLAUSIBLE, (
        f"It takes {_span(usual)} at {subject.usual_quantization.name}, and there are {there}."
    )


def _least_kv(claim: Claim, subject: Subject) -> float:
    """Return the least keys and values: none where the geometry is borrowed or no context said."""
    if claim.context is None or not subject.is_named:
        return 0.0
    kv_type = claim.kv_type or SMALLEST_KV
    return kv_total(subject.least, claim.context, kv_type) * claim.batch


def _kv_steps(subject: Subject, claim: Claim, context: int) -> tuple[Step, ...]:
    kv_type = claim.kv_type or USUAL_KV
    block, block_bytes = KV_TYPES[kv_type]
    known = subject.known
    each = known.kv_numbers * block_bytes / block
    total = kv_total(subject.usual, context, kv_type) * claim.batch
    layers = f"{known.num_layers} layers x {known.kv_numbers // known.num_layers:,} numbers"
    windows = " less where layers look back over a window" if known.window else ""
    return (
        Step(
            what="keys and values of a token",
            how=f"{layers} x {digits(block_bytes / block)} B ({kv_type})",
            result=num_bytes(each),
            source=known.source if subject.is_named else f"as of {known.assumed}",
        ),
        Step(
            what=f"keys and values of {context:,} tokens"
            + (f" of {claim.batch} sequences" if claim.batch > 1 else ""),
            how=f"{context:,} x {num_bytes(each)}{windows}",
            result=num_bytes(total),
        ),
    )


def _span(value: Range) -> str:
    return f"{num_bytes(value.low)} to {num_bytes(value.high)}"
