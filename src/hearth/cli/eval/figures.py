"""The figures of an evaluation as a table, with what a reader must know beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hearth.cli import console
from hearth.cli.bench.running import run_bench, show_notes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from hearth.measure.evidence import Figure, Record


def run_and_show(kind: str, target: str, arguments: Mapping[str, Any], *, as_json: bool) -> Record:
    """Evaluate a model as a job, show what was found, and return the record.

    Args:
        kind: One of `hearth.measure.kinds.BENCHES`.
        target: What is evaluated, as people read it.
        arguments: What the evaluation needs, as plain data.
        as_json: Write the record as JSON instead of a table.
    """
    record = run_bench(kind, target, arguments)
    show_record(record, as_json=as_json)
    return record


def show_record(record: Record, *, as_json: bool) -> None:
    """Write a record's figures with their intervals, its notes, and its id."""
    if as_json:
        console.write_json(record)
        return
    out = console.out()
    out.print(f"[bold]{console.literal(record.names)}[/bold]  {console.literal(record.kind)}")
    shown = console.table("", ">", ">from", ">to", "")
    for name, figure in record.summary.items():
        shown.add_row(console.literal(name), *_cells(figure))
    out.print(shown)
    show_notes(record)


def _cells(figure: Figure) -> tuple[str, ...]:
    ends = (figure.low, figure.high)
    return (
        _number(figure.value, figure),
        *("" if end is None else _number(end, figure) for end in ends),
        console.literal(figure.unit if figure.unit != "%" else ""),
    )


def _number(value: float, figure: Figure) -> str:
    if figure.unit == "%":
        return f"{value:.1f} %"
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
