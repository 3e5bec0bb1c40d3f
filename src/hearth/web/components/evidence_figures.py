"""The figures of a record as rows: value, interval, raw repeats, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hearth.measure.evidence import Figure, Record
from hearth.measure.evidence.wording import interval_text, value_text
from hearth.web.components.whisker import scale_around, whisker

MAX_DOTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One figure as it is shown.

    Args:
        between: What it lies between, or that it is from one run.
        drawing: Interval and raw repeats on a line of its own; empty for a lone number.
        better: Whether more of it is better; empty where that makes no sense.
    """

    name: str
    value: str
    between: str
    drawing: Markup
    how: str
    better: str


def figure_name(name: str) -> str:
    """Say the name of a figure or a setting as words."""
    return name.replace("_", " ")


def figure_rows(record: Record) -> Iterator[FigureRow]:
    """Yield the figures of a record."""
    for name, figure in record.summary.items():
        yield FigureRow(
            name=figure_name(name),
            value=value_text(figure),
            between=interval_text(figure),
            drawing=_drawing(figure, record.repeats.get(name, ())),
            how=figure.how,
            better=f"more is {figure.higher_is}" if figure.higher_is else "",
        )


def _drawing(figure: Figure, repeats: tuple[float, ...]) -> Markup:
    ends = [end for end in (figure.low, figure.high) if end is not None]
    dots = repeats[:MAX_DOTS]
    if not ends and len(dots) < 2:
        return Markup("")
    scale = scale_around([figure.value, *ends, *dots])
    return whisker(scale, figure.value, figure.low, figure.high, dots=tuple(dots))
