"""Hearth's own folder and the folders of the setting `model_folders`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hearth.models.sources.location import Location, Source
from hearth.models.sources.tree import find_models


def find_in_folder(folder: Path, source: Source) -> Iterator[Location]:
    """Yield the models in a folder; a name is a path in it, so that it is the same tomorrow."""
    for found in find_models(folder):
        yield Location(
            source=source,
            name=found.name or folder.name,
            path=found.path,
            files=found.files,
            place=folder.name,
            reference=str(found.path),
        )
