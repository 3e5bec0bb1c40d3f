"""What pulls that nobody went on with have left: partial files, and bytes that were wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from hearth.config import Config
from hearth.models.hub import HubSettings, hub_settings
from hearth.models.pull.place import (
    JOURNAL_SUFFIX,
    PART_SUFFIX,
    QUARANTINE_SUFFIX,
    cache_lock_path,
    folder_lock_path,
)

SUFFIXES = (PART_SUFFIX, JOURNAL_SUFFIX, QUARANTINE_SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What was deleted, and the bytes that it took on the disk."""

    paths: tuple[Path, ...]
    freed_bytes: int


def delete_leftovers(
    config: Config, *, older_than: timedelta, settings: HubSettings | None = None
) -> Leftovers:
    """Delete what pulls have left in the hub's cache and in Hearth's own folder.

    Args:
        config: Says where Hearth's own folder is.
        older_than: How long nothing must have come; what is on its way now is never touched.
        settings: The hub's; default: those of the environment.
    """
    cache_dir = (settings or hub_settings()).cache_dir
    deleted: list[Path] = []
    freed_bytes = 0
    for path, lock in (*_in_cache(cache_dir), *_in_folder(config)):
        with _is_idle(lock) as idle:
            state = path.lstat() if idle and path.exists() else None
            if state is not None and time.time() - state.st_mtime >= older_than.total_seconds():
                path.unlink()
                deleted.append(path)
                freed_bytes += state.st_blocks * 512  # what has not come takes no room
    return Leftovers(paths=tuple(deleted), freed_bytes=freed_bytes)


def _in_cache(cache_dir: Path) -> Iterator[tuple[Path, Path]]:
    """Yield what was left, each with the lock of whoever would go on with it."""
    for path in sorted(cache_dir.glob("models--*/blobs/.*.hearth.*")):
        if path.name.endswith(SUFFIXES):
            yield path, cache_lock_path(_target(path))


def _in_folder(config: Config) -> Iterator[tuple[Path, Path]]:
    for path in sorted(config.models_dir.rglob(".*.hearth.*")):
        if path.name.endswith(SUFFIXES):
            yield path, folder_lock_path(config.locks_dir, _target(path))


def _target(leftover: Path) -> Path:
    """Return the file that it was to become."""
    return leftover.with_name(leftover.name[1:].rpartition(".hearth.")[0])


@contextmanager
def _is_idle(path: Path) -> Iterator[bool]:
    """Hold a lock for a moment; False where somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path).acquire(blocking=False):
            yield True
    except Timeout:
        yield False
