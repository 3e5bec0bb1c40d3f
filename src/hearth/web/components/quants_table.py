"""Quantizations of one model as a table: size, speed and distance, and the sensible one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hearth.measure.evidence import Figure
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.measure.quants import QuantPoint
from hearth.plan.units import num_bytes
from hearth.web.components.roofline_chart import colour_of
from hearth.web.components.whisker import Scale, scale_around, whisker
from hearth.web.parts import part

Words = tuple[str, str]  # a value and its interval


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantRow:
    """One quantization as it is shown.

    Args:
        drawing: Its distance on a scale that all rows share.
        marks: What is said of it, such as "the sensible one".
    """

    name: str
    quantization: str
    colour: str
    size: str
    prompt: Words
    decode: Words
    request: Words
    distance: Words
    same_top: Words
    drawing: Markup
    is_choice: bool
    marks: tuple[str, ...]


def draw_quants(found: Sequence[QuantPoint]) -> Markup:
    """Return the table; there is at least one quantization."""
    ends = [
        end
        for one in found
        for end in (one.distance.value, one.distance.low, one.distance.high)
        if end is not None
    ]
    scale = scale_around([0.0, *ends])
    return part("measure_quants", rows=[_row(one, at, scale) for at, one in enumerate(found)])


def _row(one: QuantPoint, place: int, scale: Scale) -> QuantRow:
    colour, distance = colour_of(place), one.distance
    said = {
        "the sensible one": one.is_choice,
        "the reference": one.is_reference,
        "on the front": one.is_on_front,
        "made from quantized weights": one.is_requantized,
    }
    return QuantRow(
        name=one.name,
        quantization=one.quantization,
        colour=colour,
        size=num_bytes(one.size_bytes),
        prompt=_words(one.prompt),
        decode=_words(one.decode),
        request=_words(one.request),
        distance=_words(distance),
        same_top=_words(one.same_top),
        drawing=whisker(scale, distance.value, distance.low, distance.high, colour=colour),
        is_choice=one.is_choice,
        marks=tuple(word for word, holds in said.items() if holds),
    )


def _words(figure: Figure) -> Words:
    return value_text(figure), interval_text(figure)
