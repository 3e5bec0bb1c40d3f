"""One entrant as it is kept: a row of a record's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hearth.errors import InvalidRequest
from hearth.measure.evidence import Cell, Figure, Record, Table

TUNING = "tuning"
# What has an interval; a column each for its value and its ends.
FIGURES = {
    "prompt": ("tokens/s", "better"),
    "decode": ("tokens/s", "better"),
    "request": ("s", "worse"),
    "distance": ("nats", "worse"),
    "perplexity": ("", "worse"),
    "same_top": ("", "better"),
}
_PLAIN = ("name", "model", "quantization", "layout", "digest", "size_bytes")
_MARKS = ("is_shipped", "is_made", "is_choice")
_ENDS = ("", "_low", "_high")
COLUMNS = (*_PLAIN, *_MARKS, *(f"{name}{end}" for name in FIGURES for end in _ENDS), "remark")


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPoint:
    """A format of a model in a layout.

    Args:
        name: What tells it from the others.
        model: What the library calls the file.
        quantization: The type that most of its weights have.
        layout: How weights lie in memory.
        digest: SHA-256 of the file.
        is_shipped: Whether it is the model as it was given, loaded as without tuning.
        is_made: Whether the file was made for this measurement.
        is_choice: Whether it is proposed.
        prompt: Tokens of a prompt per second; `decode` of an answer.
        request: Seconds of a whole request.
        distance: Divergence from the model as it was given, in nats per token; None where it was
            not measured, because another layout of the file is faster.
        perplexity: How many times that of the model as it was given.
        same_top: Share of tokens of which both think the same one most likely.
        remark: Why it was left out, as a clause; empty where it was not.
    """

    name: str
    model: str
    quantization: str
    layout: str
    digest: str
    size_bytes: int
    prompt: Figure
    decode: Figure
    request: Figure
    distance: Figure | None = None
    perplexity: Figure | None = None
    same_top: Figure | None = None
    is_shipped: bool = False
    is_made: bool = False
    is_choice: bool = False
    remark: str = ""


def as_table(points: Sequence[TuningPoint]) -> Table:
    """Return points as a table for a record."""
    return Table(columns=COLUMNS, rows=tuple(_row(point) for point in points))


def points_of(record: Record) -> tuple[TuningPoint, ...]:
    """Return the points of a record of tuning, the model as it was given first.

    Args:
        record: Of the kind "tuning", with its items (`Ledger.get`).

    Raises:
        InvalidRequest: It has none.
    """
    if record.kind != TUNING or record.items is None or record.items.columns != COLUMNS:
        raise InvalidRequest(
            f"The record {record.id} holds no tuning.", hint="Make one: hearth tune MODEL."
        )
    return tuple(_point(dict(zip(COLUMNS, row, strict=True))) for row in record.items.rows)


def _row(point: TuningPoint) -> tuple[Cell, ...]:
    cells: list[Cell] = [getattr(point, name) for name in (*_PLAIN, *_MARKS)]
    for name in FIGURES:
        figure: Figure | None = getattr(point, name)
        cells += [figure.value, figure.low, figure.high] if figure else [None, None, None]
    return (*cells, point.remark)


def _point(cells: dict[str, Cell]) -> TuningPoint:
    found: dict[str, Any] = {name: cells[name] for name in (*_PLAIN, *_MARKS, "remark")}
    found |= {name: _figure(cells, name) for name in FIGURES}
    return TuningPoint(**found)


def _figure(cells: dict[str, Cell], name: str) -> Figure | None:
    value, low, high = (cells[f"{name}{end}"] for end in _ENDS)
    if not isinstance(value, int | float):
        return None
    unit, higher_is = FIGURES[name]
    ends = (low, high) if isinstance(low, int | float) and isinstance(high, int | float) else None
    low_end, high_end = ends or (None, None)
    return Figure(value=value, low=low_end, high=high_end, unit=unit, higher_is=higher_is)
