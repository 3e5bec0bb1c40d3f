"""What a machine can run, as a grid: a model and its size in each row, quantizations across.

A cell says whether the model runs with a word and a figure; its colour only repeats that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from hearth.plan.choose import quality_words
from hearth.plan.choose.can_run import CanRun, Cell, Row
from hearth.plan.units import count, digits, num_bytes
from hearth.web.components.roofline_chart import interval
from hearth.web.parts import part

CONTEXTS = tuple(2**power for power in range(9, 18))
SPEEDS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)
DEFAULT_CONTEXT, DEFAULT_SPEED = 8192, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCell:
    """One model in one quantization.

    Args:
        kind: "good" runs, "warn" fits and is slow, "bad" is too large; `word` says the same.
        tip: What a screen reader and a pointer are told besides.
    """

    quantization: str
    kind: str
    word: str
    figure: str
    memory: str
    tip: str
    sensible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One model; `size` is empty where the row above is of the same class."""

    size: str
    model: str
    parameters: str
    cells: tuple[GridCell, ...]


def draw_runs(found: CanRun) -> Markup:
    """Return the grid."""
    quantizations = [cell.quantization for cell in found.rows[0].cells]
    return part("machine_grid", rows=list(grid_rows(found)), quantizations=quantizations)


def grid_rows(found: CanRun) -> Iterator[GridRow]:
    """Yield the rows of the grid."""
    last = ""
    for row in found.rows:
        yield GridRow(
            size="" if row.size == last else row.size,
            model=row.model,
            parameters=_parameters(row),
            cells=tuple(_cell(cell) for cell in row.cells),
        )
        last = row.size


def summary(found: CanRun) -> str:
    """Say how many of the models run."""
    running = sum(any(cell.runs for cell in row.cells) for row in found.rows)
    return f"{running} of {len(found.rows)} models run with a context of {found.context:,}."


def _parameters(row: Row) -> str:
    if row.active_parameters < row.num_parameters:
        return f"{count(row.num_parameters)}, {count(row.active_parameters)} for a token"
    return count(row.num_parameters)


def _cell(cell: Cell) -> GridCell:
    speed = cell.tokens_per_s
    quality = f"quality: {quality_words(cell.perplexity_loss)}"
    between = f"{interval(speed)} tokens/s; " if speed else ""
    kind, word = _kind(cell)
    return GridCell(
        quantization=cell.quantization,
        kind=kind,
        word=word,
        figure=f"{digits(speed.likely)} tok/s" if speed else "",
        memory=num_bytes(cell.total_bytes),
        tip=f"{between}{cell.split}; {quality}",
        sensible=cell.sensible,
    )


def _kind(cell: Cell) -> tuple[str, str]:
    if not cell.fits:
        return "bad", "too large"
    return ("good", "runs") if cell.runs else ("warn", "slow")
