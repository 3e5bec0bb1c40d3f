"""Give back what nobody needs: old trash, what cut-short imports left, and rows of gone files."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hearth.models.library.importing import STAGING_PREFIX
from hearth.models.library.index import Index
from hearth.models.library.trash import TRASH_KEPT, Trash

STRAY_AFTER_S = 24 * 3600.0  # no import of a living program stands still for a day


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """What was given back.

    Args:
        emptied: Names of the models that were deleted from the trash for ever.
        stray: Half-made imports that were deleted.
        num_forgotten: Files that the index knew and that are gone.
        freed_bytes: Bytes of what was deleted.
    """

    emptied: tuple[str, ...]
    stray: tuple[Path, ...]
    num_forgotten: int
    freed_bytes: int


def clean(
    models_dir: Path, trash: Trash, index: Index, *, older_than: timedelta = TRASH_KEPT
) -> CleanReport:
    """Delete old trash and stray files, and forget files that are gone; see `Library.gc`."""
    emptied = trash.empty(older_than=older_than)
    stray = [folder for folder in _stagings(models_dir) if _is_stray(folder)]
    freed_bytes = sum(removed.size_bytes for removed in emptied) + sum(map(_size_bytes, stray))
    for folder in stray:
        shutil.rmtree(folder, ignore_errors=True)
    known = index.knowledge()
    gone = [path for path in {*known.files, *known.origins} if not os.path.lexists(path)]
    index.forget(gone)
    return CleanReport(
        emptied=tuple(removed.name for removed in emptied),
        stray=tuple(stray),
        num_forgotten=len(gone),
        freed_bytes=freed_bytes,
    )


def _stagings(models_dir: Path) -> list[Path]:
    return sorted(models_dir.glob(f"{STAGING_PREFIX}*"))


def _is_stray(folder: Path) -> bool:
    """Say whether nothing in a folder was written for a day."""
    times = [path.lstat().st_mtime for path in (folder, *folder.rglob("*"))]
    return time.time() - max(times) > STRAY_AFTER_S


def _size_bytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
