"""How much disk the blocks take, all models together, and which of them leave.

Several processes may use one folder, and none holds a lock: a file is there whole or not at all,
and who removes one that is gone already has nothing to do. Each counts what it writes itself, and
looks at the truth now and then.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hearth.engine.prefixes.keys import BlockName

NEW = ".new-"  # begins the names of files that are being written
ABANDONED_S = 3600.0  # by then no file is still being written
LOOKS_PER_LIMIT = 16  # while as much is written as there may be
FILLED_AFTER = 0.9  # of the limit, when blocks had to leave
SAME_TIME_NS = 60 * 10**9  # blocks of one text are used together, give or take


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """A block's file.

    Args:
        namespace: Name of the folder of its model.
        used_ns: When it was last used, in nanoseconds since 1970.
    """

    path: str
    namespace: str
    name: BlockName
    size_bytes: int
    used_ns: int


class Room:
    """Keeps a folder of blocks within a limit. Safe to use from several threads.

    Args:
        root: The folder.
        limit_bytes: Most bytes in it. It never takes more than half of what would be free
            without it.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._used_bytes: int | None = None
        self._written_bytes = 0

    def allows(self, size_bytes: int) -> bool:
        """Tell whether a block of this size may be kept at all."""
        return size_bytes <= self.limit_bytes // 2

    def note_written(self, size_bytes: int) -> None:
        """Count a new file, and let the oldest leave if there are too many."""
        with self._lock:
            self._written_bytes += size_bytes
            used = None if self._used_bytes is None else self._used_bytes + size_bytes
            self._used_bytes = used
            is_due = self._written_bytes > self.limit_bytes // LOOKS_PER_LIMIT
            if used is None or used > self.limit_bytes or is_due:
                self._used_bytes = self._shrink()
                self._written_bytes = 0

    def _shrink(self) -> int:
        """Remove what was used longest ago until the rest fits; return what is left, in bytes."""
        entries = list(blocks_in(self.root, tidy=True))
        used = sum(entry.size_bytes for entry in entries)
        limit = min(self.limit_bytes, (used + shutil.disk_usage(self.root).free) // 2)
        if used <= limit:
            return used
        # Of blocks used at the same time those at the end of a text go first: nobody reaches a
        # block without those before it.
        entries.sort(key=lambda entry: (entry.used_ns // SAME_TIME_NS, -entry.name.start))
        for entry in entries:
            if used <= FILLED_AFTER * limit:
                break
            with suppress(FileNotFoundError):
                os.unlink(entry.path)
            used -= entry.size_bytes
        return used


def blocks_in(root: Path, *, tidy: bool = False) -> Iterator[BlockEntry]:
    """Yield the blocks of all models in a folder, in no order.

    Args:
        root: The folder of the cache.
        tidy: Remove what is no block: files that were never finished, and whatever else.
    """
    for namespace in _folders(root):
        for shelf in _folders(Path(namespace.path)):
            for found in _scan(Path(shelf.path)):
                entry = _entry(found, namespace.name)
                if entry is not None:
                    yield entry
                elif tidy:
                    _remove_stranger(found)


def _entry(found: os.DirEntry[str], namespace: str) -> BlockEntry | None:
    name = BlockName.read(found.name)
    if name is None or not found.is_file(follow_symlinks=False):
        return None
    try:
        known = found.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return BlockEntry(
        path=found.path,
        namespace=namespace,
        name=name,
        size_bytes=known.st_size,
        used_ns=known.st_mtime_ns,
    )


def _remove_stranger(found: os.DirEntry[str]) -> None:
    with suppress(OSError):
        if found.is_dir(follow_symlinks=False):
            return
        age_s = time.time() - found.stat(follow_symlinks=False).st_mtime
        if not found.name.startswith(NEW) or age_s > ABANDONED_S:
            os.unlink(found.path)


def _folders(path: Path) -> list[os.DirEntry[str]]:
    return [entry for entry in _scan(path) if entry.is_dir(follow_symlinks=False)]


def _scan(path: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing if it has gone meanwhile."""
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
