"""What fewer bits do to a tensor, and what they cost and bring on this machine."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

import numpy as np

from hearth.errors import InvalidRequest
from hearth.guide.demonstrations.inside import matrices
from hearth.guide.demonstrations.parts import (
    Bar,
    Bars,
    Demonstration,
    Line,
    Part,
    Prose,
    Series,
    Table,
)
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.measure.evidence import Record
from hearth.measure.evidence.ledger import open_ledger
from hearth.measure.quants.point import QuantPoint, points_of
from hearth.models.card import ModelCard, TensorEntry
from hearth.models.inside.numbers import Numbers, read_numbers
from hearth.models.opening import open_model
from hearth.plan.choose import ModelPlan, Wishes, plan_by_name, weights_loss
from hearth.plan.show import amount
from hearth.plan.units import digits

ROUNDED = ("Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0")  # what the `gguf` package can round to
SHOWN = "Q4_0"
NUM_SHOWN = 32  # one block
USUAL = "llama 3.1 8b"
TYPES = ("F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K")
CONTEXT = 4096


async def show_quantization_error(around: Surroundings) -> Demonstration:
    """Round one tensor of the model to fewer and fewer bits, and show how far it is off."""
    return await asyncio.to_thread(_quantization_error, around)


async def show_quantization_cost(around: Surroundings) -> Demonstration:
    """Show what each quantization takes, brings and costs on this machine."""
    await around.machine()  # the planner wants its figures
    return await asyncio.to_thread(_quantization_cost, around)


def relative_error(before: Numbers, after: Numbers) -> float:
    """Return the root of the mean squared error, as a part of the numbers' own root mean square."""
    size = float(np.sqrt(np.mean(np.square(before, dtype=np.float64))))
    off = float(np.sqrt(np.mean(np.square(before - after, dtype=np.float64))))
    return off / size if size else 0.0


def rounded(numbers: Numbers, kind: str) -> tuple[Numbers, float]:
    """Return numbers after a way through a quantization, and the bits that each took.

    Args:
        numbers: Shape (num_blocks, 32).
        kind: One of `ROUNDED`.
    """
    from gguf import GGMLQuantizationType, quants  # takes 0.3 s to import

    packed = quants.quantize(numbers, GGMLQuantizationType[kind])
    after: Numbers = quants.dequantize(packed, GGMLQuantizationType[kind]).reshape(numbers.shape)
    return after, 8 * packed.nbytes / numbers.size


def _quantization_error(around: Surroundings) -> Demonstration:
    with open_model(around.model, around.config) as opened:
        entry = _finest(opened.card)
        source = opened.files.source(entry.file)
        numbers = next(read_numbers(source, entry)).reshape(-1, NUM_SHOWN)
    found = {kind: rounded(numbers, kind) for kind in ROUNDED}
    errors = {kind: 100 * relative_error(numbers, after) for kind, (after, _) in found.items()}
    return Demonstration(
        name="quantization-error",
        title=f"{entry.name}, rounded",
        says="Groups of 32 numbers share a scale, and each is rounded to one of a few steps. "
        "Every bit less doubles the error.",
        parts=(
            Bars(
                title="How far off, as a part of the numbers' size",
                unit="%",
                bars=tuple(
                    Bar(label=kind, value=errors[kind], note=f"{bits:g} bits per weight")
                    for kind, (_, bits) in found.items()
                ),
            ),
            _before_and_after(numbers, found[SHOWN][0]),
            Prose(text=_as_stored(entry)),
        ),
        model=around.model,
    )


def _finest(card: ModelCard) -> TensorEntry:
    """Return the matrix whose numbers were rounded least.

    Raises:
        InvalidRequest: None has rows that fill blocks, and numbers that can be read.
    """
    found = [each for each in matrices(card) if each.shape[1] % NUM_SHOWN == 0]
    if not found:
        raise InvalidRequest(
            f"{card.name} has no matrix that could be rounded in blocks of {NUM_SHOWN}.",
            hint="Look at it with the starter model: --model starter.",
        )
    return max(found, key=lambda each: each.size_bytes / each.num_weights)


def _before_and_after(numbers: Numbers, after: Numbers) -> Series:
    xs = tuple(float(place) for place in range(1, NUM_SHOWN + 1))
    lines = tuple(
        Line(name=name, xs=xs, ys=tuple(map(float, values.flat[:NUM_SHOWN])))
        for name, values in (("before", numbers), (f"after {SHOWN}", after))
    )
    return Series(title="The first block", x_label="number", y_label="value", lines=lines)


def _as_stored(entry: TensorEntry) -> str:
    if entry.type in ("F32", "F16", "BF16"):
        return f"The file has it as {entry.type}, as it was trained."
    return (
        f"The file has it as {entry.type}: it was rounded once before, and rounding it to the same "
        "type again changes little or nothing. The errors here come on top."
    )


def _quantization_cost(around: Surroundings) -> Demonstration:
    plans = [
        plan_by_name(around.config, USUAL, Wishes(quantization=kind, context=CONTEXT))
        for kind in TYPES
    ]
    record = _newest_record(around)
    return Demonstration(
        name="quantization-cost",
        title="What fewer bits cost and bring on this PC",
        says="Fewer bits take less memory and are read faster, and cost accuracy: little down to "
        "4 bits, and steeply more below. Speeds are predicted from this machine's memory.",
        parts=(
            Bars(
                title=f"{plans[0].model}: answers here, predicted",
                unit="tokens/s",
                bars=tuple(
                    Bar(
                        label=plan.offer.settings.quantization,
                        value=plan.offer.decode or 0.0,
                        note=amount(plan.offer.memory.total_bytes),
                    )
                    for plan in plans
                ),
            ),
            Table(
                title="An 8B model",
                columns=("type", ">memory", "fits here", ">tokens/s", ">perplexity rises by"),
                rows=tuple(map(_row, plans)),
            ),
            *_measured(around, record),
        ),
        model=around.model,
        cached=True,
    )


def _row(plan: ModelPlan) -> tuple[str, ...]:
    kind = plan.offer.settings.quantization
    loss = weights_loss(kind)
    return (
        kind,
        amount(plan.offer.memory.total_bytes),
        {"fits": "yes", "too large": "no"}.get(plan.verdict, "not known"),
        digits(plan.offer.decode) if plan.offer.decode else "",
        f"{100 * loss.perplexity:.1f} %" if loss else "not published",
    )


def _newest_record(around: Surroundings) -> Record | None:
    with open_ledger(around.config) as ledger:
        found = ledger.list(kind="quants", limit=1)
        return ledger.get(found[0].id) if found else None


def _measured(around: Surroundings, record: Record | None) -> Iterator[Part]:
    """Yield what was measured here, where anything was."""
    if record is None:
        yield Prose(
            text="The losses are published figures of that model. What rounding costs a model of "
            "yours is measured in some minutes, and then shown here: "
            f"hearth bench quants {around.model} Q8_0 Q4_0 --allow-requantize"
        )
        return
    points = points_of(record)
    yield Table(
        title=f"Measured here on {record.made_at:%Y-%m-%d}: {points[0].name}",
        columns=("type", ">size", ">tokens/s", ">nats from the reference", ">same favourite"),
        rows=tuple(map(_point_row, points)),
    )


def _point_row(point: QuantPoint) -> tuple[str, ...]:
    same = f"{point.same_top.value:.0%}" if math.isfinite(point.same_top.value) else ""
    return (
        point.quantization,
        amount(point.size_bytes),
        digits(point.decode.value),
        digits(point.distance.value),
        same,
    )
