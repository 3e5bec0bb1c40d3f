"""`hearth evidence diff` and `replay`: two records side by side."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.evidence.arguments import RecordId, reading
from hearth.cli.options import AsJson
from hearth.errors import HearthError, RequestAborted

if TYPE_CHECKING:
    from hearth.measure.evidence import Comparison, Figure, Record

_COLOURS = {"agrees": "green", "differs": "red", "cannot tell": "yellow"}
_MAX_CHARS = 60


def diff_records(old: RecordId, new: RecordId, *, as_json: AsJson = False) -> None:
    """Compare two records: which figures agree, and what else was not the same."""
    with reading() as ledger:
        first, second = ledger.get(old), ledger.get(new)
    _show(first, second, as_json=as_json)


def replay_record(
    record: RecordId,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be run; run nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a record's measurement again, note what comes out, and say whether the two agree.

    A card from elsewhere will do, once it is imported. Exit status 1 where they differ.
    """
    with reading() as ledger:
        old = ledger.get(record)
    if dry_run:
        _show_plan(old)
        return
    new_id = _run(old)
    with reading() as ledger:
        comparison = _show(old, ledger.get(new_id), as_json=as_json)
    if comparison.verdict.value == "differs":
        raise typer.Exit(1)


def _show_plan(old: Record) -> None:
    from hearth.measure.evidence import command_line, find_subject, way_to_replay
    from hearth.measure.kinds import REPLAYS

    way_to_replay(old, REPLAYS)
    config = door.settings()
    for subject in old.subjects:
        if subject.digest:
            path = find_subject(config, subject)
            console.write(f"{subject.name}: the same bytes lie at {path}\n")
    console.write(f"{command_line(old.command)}\n")


def _run(old: Record) -> str:
    """Run the replay as a job, show it to its end, and return the id of the new record."""
    from hearth.cli.progress import show_job
    from hearth.jobs import JobState, open_jobs, start_replay
    from hearth.store.database import open_database

    config = door.settings()
    with (
        closing(open_database(config)) as database,
        closing(open_jobs(database, config)) as jobs,
    ):
        last = show_job(jobs, start_replay(jobs, old).id)
    if last.state is JobState.DONE and last.result is not None:
        return str(last.result["evidence"])
    if last.error is not None:
        raise HearthError.from_data(last.error)
    raise RequestAborted(f"The replay of {old.id} was interrupted; nothing of it was noted.")


def _show(old: Record, new: Record, *, as_json: bool) -> Comparison:
    from hearth.measure.evidence import agree
    from hearth.measure.evidence.data import comparison_data

    comparison = agree(old, new)
    if as_json:
        console.write_json(comparison_data(old, new, comparison))
    else:
        _draw(old, new, comparison)
    return comparison


def _draw(old: Record, new: Record, comparison: Comparison) -> None:
    out = console.out()
    verdict = comparison.verdict.value
    out.print(
        f"[{_COLOURS[verdict]}]{verdict.upper()}[/]  evidence {old.id} and evidence {new.id}: "
        f"{console.literal(old.kind)} of {console.literal(old.names)}"
    )
    shown = console.table("", f">{old.id}", f">{new.id}", ">change", "verdict", "why")
    for each in comparison.figures:
        change = "" if each.change is None else f"{each.change:+.1%}"
        colour = _COLOURS[each.verdict.value]
        shown.add_row(
            console.literal(each.name),
            _cell(each.old),
            _cell(each.new),
            change,
            f"[{colour}]{each.verdict.value}[/]",
            console.literal(each.why),
        )
    out.print(shown)
    if comparison.differences:
        _draw_differences(old, new, comparison)


def _draw_differences(old: Record, new: Record, comparison: Comparison) -> None:
    shown = console.table("not the same", old.id, new.id)
    for name, values in comparison.differences.items():
        shown.add_row(
            console.literal(name), *(console.literal(value[:_MAX_CHARS]) for value in values)
        )
    console.out().print(shown)


def _cell(figure: Figure | None) -> str:
    from hearth.measure.evidence.wording import figure_text

    return "" if figure is None else console.literal(figure_text(figure))
