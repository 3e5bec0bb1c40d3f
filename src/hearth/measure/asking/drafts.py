"""From what was found by asking to a draft for the evidence ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from hearth.measure.asking.session import Asked
from hearth.measure.controls import Controls
from hearth.measure.evidence import Cell, Draft, Figure, Table
from hearth.measure.statistics import Interval

Better = Literal["", "better", "worse"]
T = TypeVar("T")


def share(interval: Interval, *, higher_is: Better = "better") -> Figure:
    """Return a share of 0 to 1 as a figure in percent."""
    return figure(interval, scale=100.0, unit="%", higher_is=higher_is)


def figure(
    interval: Interval, *, scale: float = 1.0, unit: str = "", higher_is: Better = ""
) -> Figure:
    """Return an interval as a figure.

    Args:
        interval: The estimate.
        scale: What its value is multiplied by.
        unit: Of what comes out.
        higher_is: Whether more is better or worse; empty where it is neither.
    """
    value, low, high = (scale * end for end in (interval.value, interval.low, interval.high))
    return Figure(value=value, low=low, high=high, unit=unit, how=interval.how, higher_is=higher_is)


def table(rows: Sequence[Mapping[str, Cell]]) -> Table:
    """Return rows that all have the same names as a table."""
    columns = tuple(rows[0]) if rows else ()
    return Table(columns=columns, rows=tuple(tuple(row[name] for name in columns) for row in rows))


def draft_of(
    kind: str,
    asked: Asked[T],
    *,
    controls: Controls,
    summary: Mapping[str, Figure],
    items: Table,
    plan: Mapping[str, Any],
    options: Sequence[str] = (),
    notes: Sequence[str] = (),
    seed: int = 0,
) -> Draft:
    """Return the draft of an evaluation; there is none without controls that passed.

    Args:
        kind: The evaluator's name, which is its command's as well.
        asked: The model, the machine, and how it was loaded.
        controls: What the evaluator passed.
        summary: Its figures.
        items: What was asked and answered.
        plan: What was chosen.
        options: The same as words of the command, after the model's name.
        notes: What a reader must know beside the figures.
        seed: Of whatever was drawn.
    """
    return Draft(
        kind=kind,
        subjects=(asked.subject,),
        circumstances=asked.circumstances,
        summary=summary,
        items=items,
        settings={**plan, "loaded": asked.loaded, "controls": controls.as_data()},
        seed=seed,
        command=("hearth", "eval", kind, asked.subject.name, *options),
        notes=tuple(notes),
    )
