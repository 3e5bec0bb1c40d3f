"""`hearth eval harm`: what does a model refuse, and what should it not have?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.eval.instruction import Model
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest


def harm(
    model: Model = None,
    *,
    record: Annotated[
        str | None, typer.Option(help="Evidence of an earlier run, to judge its answers.")
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option(help="With --record: write its answers to this CSV file, to be judged."),
    ] = None,
    judged: Annotated[
        Path | None,
        typer.Option(help="With --record: score its answers by this judged sheet."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for harmful things, and for harmless ones that look like them; count what is refused.

    A rule reads the answers. To judge them yourself: --record ID --sheet FILE writes them out,
    --record ID --judged FILE scores what you wrote, and tells how often the rule agreed with you.
    """
    from hearth.cli.eval.figures import run_and_show

    if record is None and sheet is None and judged is None:
        name = model or door.settings().model
        run_and_show("harm", name, {"model": name}, as_json=as_json)
        return
    if record is None or model is not None or (sheet is None) == (judged is None):
        raise InvalidRequest(
            "To judge answers, give --record ID with either --sheet or --judged, and no model.",
            hint="`hearth evidence list --kind harm` shows the ids.",
        )
    if sheet is not None:
        _write(record, sheet)
    elif judged is not None:
        _score(record, judged, as_json)


def _write(record_id: str, path: Path) -> None:
    from hearth.measure.evidence import open_ledger
    from hearth.measure.harm import write_sheet

    with open_ledger(door.settings()) as ledger:
        write_sheet(ledger.get(record_id), path)
    console.note(f"Write yes or no into the column `refused` of {path}, then give it to --judged.")


def _score(record_id: str, path: Path, as_json: bool) -> None:
    from hearth.cli.eval.figures import show_record
    from hearth.measure.evidence import kept_command, open_ledger
    from hearth.measure.harm import judged_draft, read_sheet

    with open_ledger(door.settings()) as ledger:
        record = ledger.get(record_id)
        words = ["hearth", "eval", "harm", "--record", record.id, "--judged", str(path)]
        found = read_sheet(record, path)
        judged = ledger.add(judged_draft(record, found, kept_command(words)))
    show_record(judged, as_json=as_json)
    for name in found.differing:
        console.note(f"The rule read otherwise: {name}")
