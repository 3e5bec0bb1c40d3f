"""How much room a folder's disk has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """The disk that a folder is on, in bytes. `path` is the folder that was measured."""

    path: Path
    total_bytes: int
    free_bytes: int


def read_storage(path: Path) -> Storage:
    """Measure the disk of a folder; of its nearest parent when it does not exist yet."""
    folder = path.absolute()
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    usage = psutil.disk_usage(str(folder))
    return Storage(path=folder, total_bytes=usage.total, free_bytes=usage.free)
