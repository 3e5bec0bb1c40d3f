"""`hearth models verify`: are the bytes what they must be?"""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.arguments import ModelName
from hearth.cli.models.byte_bar import byte_bar
from hearth.cli.options import AsJson

Repair = Annotated[
    bool, typer.Option("--repair", help="Fetch damaged files again from where they came.")
]


def verify_model(model: ModelName, *, repair: Repair = False, as_json: AsJson = False) -> None:
    """Hash all bytes of a model, in every place it lies in, and say which file is damaged."""
    from hearth.models.library import Library
    from hearth.models.pull import repair_file

    library = Library(door.settings())
    entry = library.resolve(model)
    total_bytes = sum(location.size_bytes for location in entry.locations)
    with byte_bar("Hashing", total_bytes) as progressed:
        report = library.verify(
            model, on_progress=progressed, repair=repair_file if repair else None
        )
    if as_json:
        console.write_json(report)
    else:
        for file in report.files:
            state = "damaged" if file.problem else "repaired" if file.is_repaired else "sound"
            console.write(f"{state:9}{file.found or '—':66}{file.path}\n")
            if file.problem is None and file.expected is None:
                console.note("Note: nobody has said what this must hash to; it is known now.")
    for file in report.files:
        if file.problem is not None:
            console.report(file.problem, None)
    if not report.is_sound:
        raise typer.Exit(1)
