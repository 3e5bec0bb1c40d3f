"""`hearth models gc`: give back the space of what nobody needs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson

Everything = Annotated[bool, typer.Option("--all", help="Delete what is not 7 days old, too.")]


def collect_garbage(*, everything: Everything = False, as_json: AsJson = False) -> None:
    """Delete old trash, half-made imports and pulls, and forget files that are gone."""
    from hearth.models.library import TRASH_KEPT, Library
    from hearth.models.pull import delete_leftovers

    config = door.settings()
    older_than = timedelta() if everything else TRASH_KEPT
    report = Library(config).gc(older_than=older_than)
    leftovers = delete_leftovers(config, older_than=older_than)
    freed_bytes = report.freed_bytes + leftovers.freed_bytes
    if as_json:
        pulls = {"leftovers": leftovers.paths, "freed_bytes": freed_bytes}
        console.write_json({**asdict(report), **pulls})
        return
    for name in report.emptied:
        console.write(f"deleted  {name}\n")
    for path in (*report.stray, *leftovers.paths):
        console.write(f"deleted  {path}\n")
    console.note(
        f"{console.size(freed_bytes)} given back; "
        f"{report.num_forgotten} files that are gone were forgotten."
    )
