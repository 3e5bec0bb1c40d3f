"""`hearth models path`: where a model's file lies."""

from __future__ import annotations

from hearth.cli import console, door
from hearth.cli.models.arguments import ModelName


def write_path(model: ModelName) -> None:
    """Write the path of a model's file to stdout."""
    from hearth.models.library import Library

    console.write(f"{Library(door.settings()).locate(model).path}\n")
