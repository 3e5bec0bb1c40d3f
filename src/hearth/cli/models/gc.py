"""`hearth models gc`: give back the space of what nobody needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

Everything = Annotated[
    bool, typer.Option("--all", help="Empty the whole trash, not only what is over 7 days old.")
]


def collect_garbage(*, everything: Everything = False, as_json: AsJson = False) -> None:
    """Delete old trash and half-made imports, and forget files that are gone."""
    from hearth.models.library import TRASH_KEPT, Library

    older_than = timedelta() if everything else TRASH_KEPT
    report = Library(door.settings()).gc(older_than=older_than)
    if as_json:
        console.write_json(report)
        return
    for name in report.emptied:
        console.write(f"deleted  {name}\n")
    for path in report.stray:
        console.write(f"deleted  {path}\n")
    console.note(
        f"{console.size(report.freed_bytes)} given back; "
        f"{report.num_forgotten} files that are gone were forgotten."
    )
