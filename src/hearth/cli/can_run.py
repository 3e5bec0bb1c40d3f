"""`hearth can-run`: which sizes of model run on a machine, and in which quantization."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson, token_count
from hearth.cli.plan import On

if TYPE_CHECKING:
    from rich.table import Table

    from hearth.plan.choose.can_run import CanRun, Cell, Row

Context = Annotated[
    int | None,
    typer.Option(
        "--context",
        help="Tokens of one conversation, such as 32k; default: 8192.",
        parser=token_count,
        metavar="TOKENS",
    ),
]
MinSpeed = Annotated[
    float | None,
    typer.Option("--min-speed", help="Tokens per second that are fast enough; default: 5."),
]


def can_run(
    *, on: On = None, context: Context = None, min_speed: MinSpeed = None, as_json: AsJson = False
) -> None:
    """Show what this machine can run: models from tiny to enterprise, by quantization.

    Each cell is the likely speed of an answer in tokens per second, above the memory it takes.
    """
    from hearth.plan.choose.ask import can_run_by_name
    from hearth.plan.choose.can_run import can_run_data

    found = can_run_by_name(door.settings(), machine=on, context=context, min_speed=min_speed)
    if as_json:
        console.write_json(can_run_data(found))
    else:
        _draw(found)


def _draw(found: CanRun) -> None:
    out = console.out()
    out.print(f"[bold]What {console.literal(found.machine)} can run[/bold]")
    for limit in (*found.limits.gpus, found.limits.host):
        free = "not known" if limit.free_bytes is None else console.size(limit.free_bytes)
        out.print(console.literal(f"{limit.name}: {free} ({limit.reason})"), style="dim")
    out.print()
    quantizations = [cell.quantization for cell in found.rows[0].cells]
    shown = console.table("model", *(f">{name}" for name in quantizations))
    last = ""
    for row in found.rows:
        if row.size != last:
            shown.add_row(f"[bold]{row.size.upper()}[/bold]")
        last = row.size
        _add(shown, row)
    out.print(shown)
    out.print()
    out.print(
        f"{_mark()} the sensible choice; (in brackets) slower than {found.min_speed:g} tokens/s; "
        f"— too large. Context: {found.context:,} tokens."
    )
    if not found.speeds_known:
        console.note("Speeds are not known: `hearth machine measure` measures this machine.")


def _add(shown: Table, row: Row) -> None:
    name = console.literal(row.model)
    shown.add_row(name, *map(_speed, row.cells))
    used = row.active_parameters / row.num_parameters
    told = f"{row.num_parameters / 1e9:.3g}B"
    if used < 0.9:
        told += f", {row.active_parameters / 1e9:.2g}B used"
    shown.add_row(f"[dim]{told}[/dim]", *(f"[dim]{_memory(cell)}[/dim]" for cell in row.cells))


def _speed(cell: Cell) -> str:
    from hearth.plan.units import digits

    if not cell.fits:
        return "—"
    text = digits(cell.tokens_per_s.likely) if cell.tokens_per_s else "fits"
    if not cell.runs:
        return f"[yellow]({text})[/]"
    return f"[bold green]{_mark()} {text}[/]" if cell.sensible else text


def _memory(cell: Cell) -> str:
    return console.size(cell.total_bytes)


def _mark() -> str:
    return "▸" if (sys.stdout.encoding or "").casefold().startswith("utf") else "*"
