"""One quantization among its siblings: what it takes, how fast it is, how far it is off.

A record of quantizations keeps its points as a table, one row each, so that a card can be drawn
again by whoever has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from hearth.errors import InvalidRequest
from hearth.measure.evidence import Cell, Figure, Record, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantPoint:
    """A model beside its reference.

    Args:
        name: What the library calls it.
        quantization: The type that most of its weights have.
        is_reference: Whether the others are compared with it; its distance is 0.
        is_requantized: Whether it was quantized from weights that were quantized already.
        size_bytes: Of its files.
        prompt: Tokens of a prompt per second.
        decode: Tokens of an answer per second.
        request: Seconds that a whole request takes; what "fast" means here.
        distance: Mean Kullback-Leibler divergence from the reference, in nats per token.
        same_top: Share of tokens of which both think the same one most likely, 0 to 1.
        is_on_front: Whether none is at least as small, fast and close, and better in one of these.
        is_choice: Whether it is the sensible one.
    """

    name: str
    quantization: str
    is_reference: bool
    is_requantized: bool
    size_bytes: int
    prompt: Figure
    decode: Figure
    request: Figure
    distance: Figure
    same_top: Figure
    is_on_front: bool = False
    is_choice: bool = False


_FIGURES = ("prompt", "decode", "request", "distance", "same_top")
_PLAIN = tuple(field.name for field in fields(QuantPoint) if field.name not in _FIGURES)
_ENDS = ("", "_low", "_high")
COLUMNS = (*_PLAIN, *(f"{figure}{end}" for figure in _FIGURES for end in _ENDS))


def as_table(points: Sequence[QuantPoint]) -> Table:
    """Return points as a table for a record."""
    return Table(columns=COLUMNS, rows=tuple(_row(point) for point in points))


def points_of(record: Record) -> tuple[QuantPoint, ...]:
    """Return the points of a record of quantizations, the reference first.

    Args:
        record: Of the kind "quants", with its items (`Ledger.get`).

    Raises:
        InvalidRequest: It has none.
    """
    if record.kind != "quants" or record.items is None or record.items.columns != COLUMNS:
        raise InvalidRequest(
            f"The record {record.id} holds no quantizations side by side.",
            hint="Make one: hearth bench quants MODEL Q8_0 Q4_K_M.",
        )
    return tuple(_point(dict(zip(COLUMNS, row, strict=True)), record) for row in record.items.rows)


def figure_name(name: str, figure: str) -> str:
    """Return what a figure of a model is called in a record's summary."""
    return f"{name}: {figure.replace('_', ' ')}"


def _row(point: QuantPoint) -> tuple[Cell, ...]:
    cells: list[Cell] = [getattr(point, name) for name in _PLAIN]
    for name in _FIGURES:
        figure: Figure = getattr(point, name)
        cells += [figure.value, figure.low, figure.high]
    return tuple(cells)


def _point(cells: dict[str, Cell], record: Record) -> QuantPoint:
    name = str(cells["name"])
    figures = {each: record.summary[figure_name(name, each)] for each in _FIGURES}
    return QuantPoint(
        name=name,
        quantization=str(cells["quantization"]),
        is_reference=bool(cells["is_reference"]),
        is_requantized=bool(cells["is_requantized"]),
        size_bytes=int(cells["size_bytes"] or 0),
        is_on_front=bool(cells["is_on_front"]),
        is_choice=bool(cells["is_choice"]),
        **figures,
    )
