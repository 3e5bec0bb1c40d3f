"""`hearth models import`: bring a model file into Hearth's own folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearth.cli import console, door
from hearth.cli.models.byte_bar import byte_bar
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

Link = Annotated[bool, typer.Option("--link", help="Hard link: the same bytes, no copy.")]
Refer = Annotated[bool, typer.Option("--reference", help="Symbolic link to where it lies.")]
Move = Annotated[bool, typer.Option("--move", help="Move it; not out of another program.")]
Name = Annotated[str | None, typer.Option(help="What to call it; default: as its file.")]


def import_model(
    path: Annotated[Path, typer.Argument(help="A GGUF file, or a folder with safetensors.")],
    *,
    link: Link = False,
    reference: Refer = False,
    move: Move = False,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Copy a model into Hearth's own folder, or link to it; it arrives whole or not at all."""
    from hearth.config import ensure_home
    from hearth.models.library import How, Library

    if link + reference + move > 1:
        raise InvalidRequest("Only one of --link, --reference and --move can be given.")
    how = How.LINK if link else How.REFERENCE if reference else How.MOVE if move else How.COPY
    config = door.settings()
    ensure_home(config)
    with byte_bar("Copying", path.stat().st_size if path.is_file() else 0) as progressed:
        entry = Library(config).import_(path, how=how, name=name, on_progress=progressed)
    if as_json:
        console.write_json(entry)
        return
    console.note(f"{entry.name} is here: hearth run {entry.name}")
    console.write(f"{entry.path}\n")
