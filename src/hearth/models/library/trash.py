"""What was removed, kept for seven days in <home>/trash, from where it can be put back.

Each removal has a folder of its own: `removed.json`, written first, says where each file belongs;
the files lie beside it under numbers. A removal that was cut short is put back or emptied like any
other, because files that never arrived still lie where they were.
"""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from hearth.errors import InvalidRequest, NotFound, StoreError
from hearth.models.labels import plain

TRASH_KEPT = timedelta(days=7)
RECORD_NAME = "removed.json"


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """A model in the trash.

    Args:
        id: Name of its folder in the trash.
        paths: Where its files were, in the order of their numbers.
    """

    id: str
    name: str
    removed_at: datetime
    size_bytes: int
    paths: tuple[str, ...]

    @property
    def gone_at(self) -> datetime:
        """When it is deleted for ever."""
        return self.removed_at + TRASH_KEPT

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**msgspec.to_builtins(self), "gone_at": self.gone_at.isoformat()}


class Trash:
    """The trash of one home.

    Args:
        folder: Where it lies; made when it is first needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, paths: Sequence[Path], size_bytes: int) -> Removed:
        """Move files into the trash: all of them, or none.

        Raises:
            InvalidRequest: They lie on another disk than the trash.
            StoreError: They cannot be moved.
        """
        removed = Removed(
            id=uuid.uuid4().hex[:12],
            name=name,
            removed_at=datetime.now(UTC),
            size_bytes=size_bytes,
            paths=tuple(map(str, paths)),
        )
        folder = self._folder / removed.id
        try:
            folder.mkdir(mode=0o700, parents=True)
            _write(folder / RECORD_NAME, msgspec.json.encode(removed))
            for number, path in enumerate(paths):
                path.rename(folder / str(number))
        except OSError as error:
            self._move_back(removed)
            shutil.rmtree(folder, ignore_errors=True)
            raise _cannot_remove(name, paths, error) from error
        return removed

    def contents(self) -> list[Removed]:
        """Return what lies in the trash, the newest first."""
        return sorted(self._records(), key=lambda removed: removed.removed_at, reverse=True)

    def restore(self, wanted: str) -> Removed:
        """Put a model back where it was.

        Args:
            wanted: Its name, of which the newest removal is taken, or the id of a removal.

        Raises:
            NotFound: Nothing in the trash is called so.
            InvalidRequest: Another file has taken its place.
            StoreError: A file cannot be moved.
        """
        removed = next((each for each in self.contents() if wanted in (each.id, each.name)), None)
        if removed is None:
            names = ", ".join(plain(each.name) for each in self.contents()[:8])
            raise NotFound(
                f"There is no {plain(wanted)!r} in the trash.",
                hint=f"In the trash: {names}." if names else "The trash is empty.",
            )
        taken = [path for _, path in self._kept(removed) if os.path.lexists(path)]
        if taken:
            raise InvalidRequest(
                f"{plain(taken[0], 300)} is there again, so {plain(removed.name)} cannot be put "
                "back over it.",
                hint="Move that file away first.",
            )
        try:
            self._move_back(removed)
        except OSError as error:
            raise StoreError(
                f"{plain(removed.name)} cannot be put back: {error.strerror or error}."
            ) from error
        shutil.rmtree(self._folder / removed.id, ignore_errors=True)
        return removed

    def empty(self, *, older_than: timedelta = TRASH_KEPT) -> list[Removed]:
        """Delete for ever what has been here for a time; return what that was."""
        limit = datetime.now(UTC) - older_than
        gone = [removed for removed in self._records() if removed.removed_at <= limit]
        for removed in gone:
            shutil.rmtree(self._folder / removed.id, ignore_errors=True)
        return gone

    def _records(self) -> Iterator[Removed]:
        for record in sorted(self._folder.glob(f"*/{RECORD_NAME}")):
            try:
                removed = msgspec.json.decode(record.read_bytes(), type=Removed)
            except (OSError, msgspec.MsgspecError):
                continue
            if removed.id == record.parent.name:
                yield removed

    def _kept(self, removed: Removed) -> Iterator[tuple[Path, Path]]:
        """Yield each file that lies in the trash, and where it belongs."""
        for number, path in enumerate(removed.paths):
            kept = self._folder / removed.id / str(number)
            if os.path.lexists(kept):
                yield kept, Path(path)

    def _move_back(self, removed: Removed) -> None:
        for kept, path in self._kept(removed):
            path.parent.mkdir(parents=True, exist_ok=True)
            kept.rename(path)


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _cannot_remove(name: str, paths: Sequence[Path], error: OSError) -> InvalidRequest | StoreError:
    if error.errno == errno.EXDEV:
        listed = " ".join(f"'{plain(path, 300)}'" for path in paths)
        return InvalidRequest(
            f"{plain(name)} lies on another disk than Hearth's trash, so it could not be undone.",
            hint=f"To delete it for ever: rm {listed}",
        )
    return StoreError(f"{plain(name)} cannot be removed: {error.strerror or error}.")
