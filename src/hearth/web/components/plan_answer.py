"""The answer of a plan: memory by part against what is free, speeds with what binds, reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hearth.core import LoadOptions, ModelState, ModelStatus
from hearth.plan.choose import Alternative, DeviceShare, ModelPlan, quality_words
from hearth.plan.roofline import Speed
from hearth.plan.speeds import Speeds
from hearth.plan.units import digits, num_bytes
from hearth.web.components.plan_form import CONTEXTS, USERS
from hearth.web.components.roofline_chart import interval
from hearth.web.components.speed_table import limit_words, time_words
from hearth.web.parts import part

VERDICTS = {"fits": ("good", "check"), "too large": ("bad", "close"), "not known": ("info", "info")}
PARTS = {
    "weights": "weights",
    "kv": "keys and values",
    "state": "recurrent states",
    "compute": "compute buffers",
    "output": "logits",
    "tied_copy": "copy of the embeddings",
    "projector": "projector",
    "adapter": "adapters",
    "overhead": "programs",
    "other": "buffers and programs",
}
LOADABLE_SPLITS = ("processor", "gpu", "layers")
NUM_COLOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a memory bar, in percent of its length."""

    word: str
    size_bytes: int
    width: float
    colour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryBar:
    """What a model takes of one device, against what it may take.

    Args:
        limit_at: Where the budget ends, in percent of the bar; None where it is not known.
    """

    device: str
    need: str
    free: str
    fits: bool
    reason: str
    segments: tuple[Segment, ...]
    limit_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One predicted figure, large; `value` is empty where it is not known."""

    word: str
    value: str
    between: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Another choice, with the form's values that it stands for.

    Args:
        data: What the button sends.
    """

    what: str
    cost: str
    fits: bool
    data: dict[str, str]


def draw_answer(plan: ModelPlan, *, is_here: bool, status: ModelStatus | None) -> Markup:
    """Return a plan as a person reads it.

    Args:
        plan: The plan.
        is_here: Whether the model lies on this machine in the quantization planned.
        status: The model in memory, if it is.
    """
    kind, icon = VERDICTS[plan.verdict]
    speeds = plan.offer.speeds
    return part(
        "machine_plan",
        plan=plan,
        kind=kind,
        icon_name=icon,
        summary=summary(plan),
        bars=[memory_bar(plan, share) for share in plan.offer.devices],
        tiles=list(tiles(plan, speeds)) if speeds else [],
        quality=quality_words(plan.offer.loss),
        ways=[way(plan, each) for each in plan.alternatives],
        can_load=is_here and plan.fits and load_options(plan) is not None,
        state=_state(status),
        progress=status.progress if status else 0.0,
        commands=plan.next_steps,
    )


def summary(plan: ModelPlan) -> str:
    """Say the answer in a sentence, which is also what a screen reader is told."""
    offer = plan.offer
    need = num_bytes(offer.memory.total_bytes)
    free = plan.limits.free_bytes
    settings = offer.settings
    how = f"{settings.quantization}, a context of {settings.context:,}"
    if plan.verdict == "too large" and free is not None:
        return f"{plan.model} does not fit: {how} needs {need}, and {num_bytes(free)} are free."
    room = f" of {num_bytes(free)} free" if free is not None else ""
    speed = f", {digits(offer.decode)} tokens/s" if offer.decode is not None else ""
    return f"{plan.model} at {how}: {need}{room}{speed}."


def load_options(plan: ModelPlan) -> LoadOptions | None:
    """Return what to ask of a load so that it follows a plan; None where no load can."""
    offer = plan.offer
    if offer.split.kind not in LOADABLE_SPLITS:
        return None
    users = offer.settings.users
    return LoadOptions(
        context=offer.settings.context,
        kv_type=offer.settings.kv_type,
        num_sequences=users if users > 1 else None,
        gpu_layers=offer.split.gpu_layers or None,
    )


def memory_bar(plan: ModelPlan, share: DeviceShare) -> MemoryBar:
    """Return what a model takes of one device as a bar."""
    parts = _parts(plan, share)
    budget = share.budget
    longest = max(sum(parts.values()), budget.free_bytes or 0, 1)
    segments = tuple(
        Segment(
            word=PARTS[name],
            size_bytes=size,
            width=round(100 * size / longest, 2),
            colour=number % NUM_COLOURS + 1,
        )
        for number, (name, size) in enumerate(parts.items())
    )
    free = budget.free_bytes
    return MemoryBar(
        device=budget.name,
        need=num_bytes(share.total_bytes),
        free=num_bytes(free) if free is not None else "",
        fits=share.fits,
        reason=budget.reason,
        segments=segments,
        limit_at=None if free is None else round(100 * free / longest, 2),
    )


def tiles(plan: ModelPlan, speeds: Speeds) -> Iterator[Tile]:
    """Yield the figures of a plan that people ask for first."""
    users = plan.offer.settings.users
    yield _speed_tile(
        "Answers" if users == 1 else f"Answers, {users} users together", speeds.decode
    )
    yield _speed_tile("Prompts", speeds.prompt)
    tokens = f"after a prompt of {plan.wishes.prompt_tokens:,} tokens"
    yield Tile(word="First token", value=time_words(speeds.first_token_s), between="", note=tokens)
    cold, warm = time_words(speeds.load.cold_s), time_words(speeds.load.warm_s)
    note = f"{warm} when the file is in the page cache" if warm else "not measured yet"
    yield Tile(word="Load", value=cold, between="", note=note)


def way(plan: ModelPlan, other: Alternative) -> Way:
    """Return another choice, with what a button would set."""
    settings = other.offer.settings
    return Way(
        what=f"{other.kind}: {other.what}",
        cost=other.cost,
        fits=other.offer.fits,
        data={
            "model": plan.model,
            "purpose": plan.wishes.purpose,
            "context": str(_nearest(CONTEXTS, settings.context)),
            "users": str(_nearest(USERS, settings.users)),
            "quantization": settings.quantization,
            "kv_type": settings.kv_type,
        }
        if other.kind != "split"
        else {},
    )


def _parts(plan: ModelPlan, share: DeviceShare) -> dict[str, int]:
    if len(plan.offer.devices) == 1:
        found = plan.offer.memory.parts()
    else:
        found = {"weights": share.weights_bytes, "kv": share.kv_bytes, "other": share.other_bytes}
    return {name: size for name, size in found.items() if size}


def _speed_tile(word: str, speed: Speed) -> Tile:
    estimate = speed.estimate
    if estimate is None:
        note = "how fast this machine computes has not been measured"
        return Tile(word=word, value="", between="", note=note)
    return Tile(
        word=word,
        value=f"{digits(estimate.likely)} tok/s",
        between=interval(estimate),
        note=limit_words(speed),
    )


def _nearest(values: tuple[int, ...], wanted: int) -> int:
    return max(at for at, value in enumerate(values) if value <= wanted)


def _state(status: ModelStatus | None) -> str:
    if status is None or status.state is ModelState.FAILED:
        return ""
    return status.state.value
