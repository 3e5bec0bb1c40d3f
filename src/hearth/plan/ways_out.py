"""What to do when a model does not fit: each way really planned, the three that cost least kept.

A way costs nothing (a loaded model that nobody uses), a little (keys and values in 8 bits), or much
(another model). The order of costs is a judgement, stated in `_Loss`; whether a way leads out, and
what it would need, is computed.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any

from hearth.plan.choices import fills_blocks
from hearth.plan.known import known_models
from hearth.plan.memory import MemoryNeed
from hearth.plan.quantizations import quantization
from hearth.plan.show import amount
from hearth.plan.sizing import BATCH_TOKENS, SMALLEST_CONTEXT, Sizing

NUM_WAYS = 3
SMALLER_KV_TYPES = {"f32": ("f16", "q8_0", "q4_0"), "f16": ("q8_0", "q4_0"), "q8_0": ("q4_0",)}
SMALLER_QUANTIZATIONS = ("Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K", "IQ2_XXS", "IQ1_S")
USUAL_QUANTIZATION = "Q4_K_M"
LEAST_WORTH = 0.95  # a quantization must save at least a twentieth to be worth a download


class _Loss(IntEnum):
    """What a way out costs the person, from nothing to a new machine."""

    UNLOAD = 0
    GPU_LAYERS = 1
    SEQUENCES = 2
    CONTEXT = 3
    KV_TYPE = 4
    QUANTIZATION = 6
    OTHER_PROGRAMS = 8
    SMALLER_MODEL = 9
    MORE_MEMORY = 10
    FORCE = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A model that is in memory already."""

    name: str
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """One thing to do so that a model fits.

    Args:
        kind: "unload", "gpu_layers", "sequences", "context", "kv_type", "quantization",
            "other_programs", "smaller_model", "more_memory" or "force".
        text: What to do, with its figures.
        need_bytes: What the load would then need.
        options: Options of the load that would then fit, by their names in `LoadOptions`.
        loss: What it costs, to rank by; smaller is better.
    """

    kind: str
    text: str
    need_bytes: int
    options: dict[str, int | str]
    loss: float

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        data = asdict(self)
        del data["loss"]
        return data


def ways_out(
    sizing: Sizing, wanted: int, *, total_memory_bytes: int, loaded: Sequence[Held] = ()
) -> tuple[WayOut, ...]:
    """Return the three best ways out, the one that costs least first.

    Args:
        sizing: The load that does not fit.
        wanted: The context that it was to have.
        total_memory_bytes: Main memory of the machine or container.
        loaded: Models in memory that could be unloaded.
    """
    found = [
        *_unloading(sizing, wanted, loaded),
        *_more_layers(sizing, wanted),
        *_fewer_sequences(sizing, wanted),
        *_shorter(sizing, wanted),
        *_smaller_values(sizing, wanted),
        *_smaller_weights(sizing, wanted),
        *_more_memory(sizing, wanted, total_memory_bytes),
        *_smaller_model(sizing),
        *_from_disk(sizing, wanted),
    ]
    return tuple(sorted(found, key=lambda way: way.loss)[:NUM_WAYS])


def _unloading(sizing: Sizing, wanted: int, loaded: Sequence[Held]) -> Iterator[WayOut]:
    """Find the smallest loaded model whose memory suffices, or else all of them together."""
    lacking = sizing.lacking_bytes(wanted)
    enough = [each for each in loaded if each.total_bytes >= lacking]
    chosen = [min(enough, key=lambda each: each.total_bytes)] if enough else list(loaded)
    freed = sum(each.total_bytes for each in chosen)
    if not chosen or freed < lacking:
        return
    commands = " and ".join(f"`hearth unload {shlex.quote(each.name)}`" for each in chosen)
    yield WayOut(
        kind="unload",
        text=f"{commands} gives {amount(freed)} back",
        need_bytes=sizing.need(wanted).total_bytes,
        options={},
        loss=_Loss.UNLOAD,
    )


def _more_layers(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    if sizing.asked_layers is None or not sizing.gpu_bytes:
        return
    free = sizing.changed(asked_layers=None)
    if free.fits(wanted):
        layers = free.gpu_layers(wanted)
        yield _fitting("gpu_layers", free, wanted, {"gpu_layers": layers}, _Loss.GPU_LAYERS)


def _fewer_sequences(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    for count in (sizing.num_sequences // 2, sizing.num_sequences // 4, 1):
        fewer = sizing.changed(num_sequences=count)
        if 0 < count < sizing.num_sequences and fewer.fits(wanted):
            yield _fitting("sequences", fewer, wanted, {"num_sequences": count}, _Loss.SEQUENCES)
            return


def _shorter(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    fitting = sizing.largest_fitting(wanted)
    if fitting is not None:
        loss = _Loss.CONTEXT + _halvings(wanted, fitting) / 2
        yield _fitting("context", sizing, fitting, {"context": fitting}, loss)


def _smaller_values(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    """Find the largest type of keys and values that helps: with the whole context, or with more."""
    if not sizing.flash_attention:  # which they need
        return
    without = sizing.largest_fitting(wanted) or 0
    for kv_type in SMALLER_KV_TYPES.get(sizing.kv_type, ()):
        if not fills_blocks(sizing.info, kv_type):
            continue
        smaller = sizing.changed(kv_type=kv_type)
        fitting = wanted if smaller.fits(wanted) else smaller.largest_fitting(wanted)
        if fitting is not None and fitting > without:
            options: dict[str, int | str] = {"kv_type": kv_type}
            if fitting < wanted:
                options["context"] = fitting
            loss = _Loss.KV_TYPE + _halvings(wanted, fitting) / 2
            yield _fitting("kv_type", smaller, fitting, options, loss)
            return


def _smaller_weights(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    """Find the largest quantization that fits with the context, or with the shortest one."""
    for context in dict.fromkeys((wanted, min(wanted, SMALLEST_CONTEXT))):
        for name in SMALLER_QUANTIZATIONS:
            bits = quantization(name).usual_bits
            smaller = quantized(sizing, bits)
            if smaller is None or not smaller.fits(context):
                continue
            size, need = smaller.info.weight_bytes, smaller.need(context)
            short = "" if context == wanted else f" and --context {context}"
            yield WayOut(
                kind="quantization",
                text=f"a smaller quantization: as {name}{short} its weights are about "
                f"{amount(size)}, and it needs {amount(need.total_bytes)}",
                need_bytes=need.total_bytes,
                options={} if context == wanted else {"context": context},
                loss=_Loss.QUANTIZATION + _halvings(sizing.info.weight_bytes, size),
            )
            return


def quantized(sizing: Sizing, bits: float) -> Sizing | None:
    """Return the same load of the same model in a smaller quantization; None if it is no smaller.

    Args:
        sizing: The load.
        bits: Usual bits per weight of the quantization.
    """
    info = sizing.info
    size = round(info.num_parameters * bits / 8)
    if size >= LEAST_WORTH * info.weight_bytes:
        return None
    return sizing.changed(info=replace(info, weight_bytes=size, weights=()))


def _more_memory(sizing: Sizing, wanted: int, total_memory_bytes: int) -> Iterator[WayOut]:
    need, lacking = sizing.need(wanted), sizing.lacking_bytes(wanted)
    can_be_had = sizing.host_bytes + lacking <= 0.9 * total_memory_bytes
    if can_be_had:
        text = f"close other programs: {amount(lacking)} more must be free"
    else:
        text = f"a machine with {math.ceil(need.total_bytes / 0.9 / 2**30)} GiB of memory or more"
    yield WayOut(
        kind="other_programs" if can_be_had else "more_memory",
        text=text,
        need_bytes=need.total_bytes,
        options={},
        loss=_Loss.OTHER_PROGRAMS if can_be_had else _Loss.MORE_MEMORY,
    )


def _smaller_model(sizing: Sizing) -> Iterator[WayOut]:
    """Name the largest well-known model that fits with a short context; else say how small."""
    bits = quantization(USUAL_QUANTIZATION).usual_bits
    context = 8 * SMALLEST_CONTEXT
    rest = sizing.need(SMALLEST_CONTEXT).overhead_bytes
    for known in reversed(known_models()):
        scratch = 4 * BATCH_TOKENS * 3 * (known.feed_forward + known.width)
        need = round(known.num_parameters * bits / 8 + 2 * known.kv_numbers * context)
        if need + scratch + rest <= sizing.budget_bytes:
            text = (
                f"a smaller model: {known.name} as {USUAL_QUANTIZATION} needs about "
                f"{amount(need + scratch + rest)}"
            )
            yield _other_model(text, need + scratch + rest)
            return
    yield _other_model(
        f"a smaller model: no well-known one fits into {amount(sizing.budget_bytes)}", 0
    )


def _from_disk(sizing: Sizing, wanted: int) -> Iterator[WayOut]:
    lacking = sizing.lacking_bytes(wanted)
    yield WayOut(
        kind="force",
        text=f"--force reads {amount(lacking)} of the weights from the disk again for every token",
        need_bytes=sizing.need(wanted).total_bytes,
        options={},
        loss=_Loss.FORCE,
    )


def _other_model(text: str, need_bytes: int) -> WayOut:
    return WayOut(
        kind="smaller_model",
        text=text,
        need_bytes=need_bytes,
        options={},
        loss=_Loss.SMALLER_MODEL,
    )


_FLAGS = {
    "context": "--context",
    "kv_type": "--kv-type",
    "num_sequences": "--sequences",
    "gpu_layers": "--gpu-layers",
}


def _fitting(
    kind: str, sizing: Sizing, context: int, options: dict[str, int | str], loss: float
) -> WayOut:
    need: MemoryNeed = sizing.need(context)
    flags = " ".join(f"{_FLAGS[name]} {value}" for name, value in options.items())
    return WayOut(
        kind=kind,
        text=f"{flags} needs {amount(need.total_bytes)}",
        need_bytes=need.total_bytes,
        options=options,
        loss=loss,
    )


def _halvings(before: int, after: int) -> float:
    return math.log2(before / after)
