"""`hearth evidence list` and `show`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.evidence.arguments import RecordId, reading
from hearth.cli.options import AsJson

if TYPE_CHECKING:
    from hearth.measure.evidence import Record, Table

_MAX_REPEATS = 20
_MAX_CELL = 60


def list_records(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="Only records in which all of these words stand."),
    ] = None,
    *,
    kind: Annotated[
        str | None, typer.Option(help="Only one kind, such as speed or truth.", metavar="KIND")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(help="Only of this model or server: a part of its name, or a digest."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most records.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what was measured, the newest first."""
    from hearth.measure.evidence.data import record_data

    with reading() as ledger:
        found = ledger.list(
            kind=kind,
            subject=subject,
            text=" ".join(text or ()),
            limit=limit,
            on_damage=lambda what: console.note(f"Warning: {what}. See `hearth evidence verify`."),
        )
    if as_json:
        console.write_json([record_data(record) for record in found])
    elif not found:
        console.note("There is no such evidence. `hearth bench` and `hearth eval` make some.")
    else:
        _draw_list(found)


def _draw_list(records: list[Record]) -> None:
    from hearth.measure.evidence.wording import figure_text

    shown = console.table("id", "made", "kind", "of", "found")
    for record in records:
        name, figure = next(iter(record.summary.items()))
        shown.add_row(
            record.id,
            f"{record.made_at.astimezone():%Y-%m-%d %H:%M}",
            console.literal(record.kind) + (" (card)" if record.is_card else ""),
            console.literal(record.names),
            console.literal(f"{name} {figure_text(figure)}"),
        )
    console.out().print(shown)


def show_record(
    record: RecordId,
    *,
    items: Annotated[
        bool, typer.Option("--items", help="Show what was found of each item, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a record whole: figures, repeats, what was run, where, and how to run it again."""
    from hearth.measure.evidence.data import record_data

    with reading() as ledger:
        found = ledger.get(record)
    if as_json:
        console.write_json(record_data(found))
        return
    _draw(found)
    if items and found.items is not None:
        console.out().print(_item_rows(found.items))
    elif found.num_items:
        console.note(f"`hearth evidence show {found.id} --items` shows {found.num_items:,} items.")


def _draw(record: Record) -> None:
    from hearth.measure.evidence.text import canonical
    from hearth.measure.evidence.wording import circumstance_facts, subject_facts

    out = console.out()
    origin = "a card from elsewhere" if record.is_card else f"record {record.number}"
    out.print(
        f"[bold]{console.literal(record.kind)} of {console.literal(record.names)}[/bold]  "
        f"evidence {record.id}, {origin}"
    )
    _draw_figures(record)
    for note in record.notes:
        out.print(f"Note: {console.literal(note)}")
    for subject in record.subjects:
        _draw_facts(subject.name, subject_facts(subject))
    settings = {name: canonical(value) for name, value in record.settings.items()}
    if record.seed is not None:
        settings["seed"] = str(record.seed)
    _draw_facts("settings", settings)
    _draw_facts("circumstances", circumstance_facts(record.circumstances))
    _draw_chain(record)


def _draw_figures(record: Record) -> None:
    from hearth.measure.evidence.wording import interval_text, number_text, value_text

    out = console.out()
    shown = console.table("", ">value", "95 % interval", "how", "better")
    for name, figure in record.summary.items():
        better = f"more is {figure.higher_is}" if figure.higher_is else ""
        cells = (name, value_text(figure), interval_text(figure), figure.how, better)
        shown.add_row(*map(console.literal, cells))
    out.print(shown)
    for name, repeats in record.repeats.items():
        values = ", ".join(map(number_text, islice(repeats, _MAX_REPEATS)))
        more = f", and {len(repeats) - _MAX_REPEATS:,} more" if len(repeats) > _MAX_REPEATS else ""
        out.print(f"{console.literal(name)}, {len(repeats):,} repeats: {values}{more}", style="dim")


def _draw_chain(record: Record) -> None:
    from hearth.measure.evidence import command_line

    facts = {"digest": record.digest, "follows": record.previous}
    if record.replay_of:
        facts["repeats"] = record.replay_of
    if record.command:
        facts["made by"] = command_line(record.command)
    facts["run it again"] = f"hearth evidence replay {record.id}"
    _draw_facts("evidence", facts)


def _draw_facts(title: str, facts: Mapping[str, str]) -> None:
    if not facts:
        return
    shown = console.table(console.literal(title), "")
    for name, value in facts.items():
        shown.add_row(f"  {console.literal(name)}", console.literal(value))
    console.out().print(shown)


def _item_rows(items: Table) -> object:
    shown = console.table(*(console.literal(name) for name in items.columns))
    for row in items.rows:
        cells = ("" if cell is None else str(cell) for cell in row)
        shown.add_row(*(console.literal(cell[:_MAX_CELL]) for cell in cells))
    return shown
