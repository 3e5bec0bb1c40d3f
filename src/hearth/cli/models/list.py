"""`hearth models list`: the models that are here."""

from __future__ import annotations

from hearth.cli import console, door
from hearth.cli.options import AsJson


def list_models(*, as_json: AsJson = False) -> None:
    """List the models that are here: the starter, the library's, and those in your folders."""
    from hearth.models.library import Library

    config = door.settings()
    entries = Library(config).list()
    if as_json:
        console.write_json(entries)
        return
    if not entries:
        console.note(f"No model is here yet. Put GGUF files into {config.models_dir}.")
        return
    shown = console.table("name", ">size", "source", "path")
    for entry in entries:
        name, path = console.literal(entry.name), console.literal(str(entry.path))
        shown.add_row(name, console.size(entry.size_bytes), entry.source, path)
    console.out().print(shown)
