"""`hearth eval suite`: a folder of your own cases, run per model and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.measure.evidence import Record


def suite(
    model: Annotated[str, typer.Argument(help="Model.", metavar="MODEL")],
    folder: Annotated[
        Path, typer.Argument(help="Folder with YAML files of cases, or one file.", metavar="FOLDER")
    ],
    *,
    against: Annotated[
        str | None, typer.Option(help="Run another model first, and tell what changes with MODEL.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="Evidence of an earlier run to compare with.", metavar="ID")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run your own cases against a model; with --against or --before, tell what changed.

    Each case has a prompt, checks of the answer, and a good answer that passes them: the suite is
    tried on its good answers before it is trusted. Exit status 1 where a case broke.
    """
    from hearth.cli.bench.running import run_bench
    from hearth.cli.eval.figures import show_record
    from hearth.measure.suites import read_suite

    if against is not None and before is not None:
        raise InvalidRequest(
            "--against and --before were both given.", hint="Compare with one of them at a time."
        )
    read_suite(folder)  # what is wrong with it is said before a job begins
    arguments = {"folder": str(folder.absolute())}
    earlier = _earlier(against, before, folder, arguments)
    record = run_bench("suite", f"{model} {folder}", arguments | {"model": model})
    if earlier is None:
        show_record(record, as_json=as_json)
        _show_failed(record)
    elif _show_change(earlier, record, folder, as_json):
        raise typer.Exit(1)


def _earlier(
    against: str | None, before: str | None, folder: Path, arguments: dict[str, str]
) -> Record | None:
    from hearth.cli.bench.running import run_bench
    from hearth.measure.evidence import open_ledger

    if before is not None:
        with open_ledger(door.settings()) as ledger:
            return ledger.get(before)
    if against is None:
        return None
    return run_bench("suite", f"{against} {folder}", arguments | {"model": against})


def _show_failed(record: Record) -> None:
    assert record.items is not None, "a run of a suite has a row for each case"
    columns = (record.items.column(name) for name in ("id", "passed", "failed"))
    for name, has_passed, failed in zip(*columns, strict=True):
        if not has_passed:
            console.note(f"Failed: {name} ({failed})")


def _show_change(before: Record, after: Record, folder: Path, as_json: bool) -> bool:
    """Show what changed, and return whether a case broke."""
    from hearth.cli.eval.figures import show_record
    from hearth.measure.evidence import kept_command, open_ledger
    from hearth.measure.suites import compare_records

    words = ["hearth", "eval", "suite", after.subjects[0].name, str(folder), "--before", before.id]
    with open_ledger(door.settings()) as ledger:
        change, draft = compare_records(before, after, kept_command(words))
        record = ledger.add(draft)
    show_record(record, as_json=as_json)
    for what, names in (("Broken", change.broken), ("Mended", change.mended)):
        for name in names:
            console.note(f"{what}: {name}")
    return bool(change.broken)
