"""`hearth models remove` and `restore`: into the trash, and back."""

from __future__ import annotations

from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.arguments import ModelName
from hearth.cli.options import AsJson


def remove_model(model: ModelName, *, as_json: AsJson = False) -> None:
    """Move a model of Hearth's to the trash, from where it can be restored for seven days."""
    from hearth.models.library import Library

    library = Library(door.settings())
    removed = library.remove(model)
    if as_json:
        console.write_json(removed.as_data())
        return
    console.note(
        f"{removed.name} is in the trash until {removed.gone_at.astimezone():%Y-%m-%d %H:%M}. "
        f"To get it back: hearth models restore {removed.name}"
    )
    left = [entry for entry in library.list() if entry.name == removed.name]
    for location in left[0].locations if left else ():
        console.note(f"It also lies in another place, which was not touched: {location.path}")


def restore_model(
    model: Annotated[
        str | None, typer.Argument(help="A model in the trash; default: show what is there.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put a removed model back where it was; without a name, show the trash."""
    from hearth.models.library import Library

    library = Library(door.settings())
    if model is not None:
        restored = library.restore(model)
        console.note(f"{restored.name} is back.")
        return
    trash = library.removed()
    if as_json:
        console.write_json([removed.as_data() for removed in trash])
        return
    if not trash:
        console.note("The trash is empty.")
        return
    shown = console.table("name", ">size", "deleted for ever on", "id")
    for removed in trash:
        gone = f"{removed.gone_at.astimezone():%Y-%m-%d %H:%M}"
        size = console.size(removed.size_bytes)
        shown.add_row(console.literal(removed.name), size, gone, removed.id)
    console.out().print(shown)
