"""Where pulled files go: the hub cache that other programs share, or a plain folder.

A place says where a file's bytes are collected, which lock guards them, and how the file appears
under its name once it is whole: by one rename, so that nobody ever sees half a file.

Layout of the cache: see `hearth.models.sources.hub_cache`; huggingface_hub takes the same locks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hearth.errors import SetupError, StoreError
from hearth.models.hub import HubFile, HubRepo
from hearth.models.labels import plain

PART_SUFFIX = ".hearth.incomplete"
JOURNAL_SUFFIX = ".hearth.journal"
QUARANTINE_SUFFIX = ".hearth.quarantine"

_CACHE_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This file marks a cache folder, which backups may leave out. See https://bford.info/cachedir/
"""


class Place(Protocol):
    """Somewhere files go."""

    @property
    def folder(self) -> Path:
        """The folder that people are told."""

    def bytes_path(self, file: HubFile) -> Path:
        """Return where a file's bytes end up; partial ones lie beside it."""

    def name_path(self, file: HubFile) -> Path:
        """Return the path by which programs open the file."""

    def lock_path(self, file: HubFile) -> Path:
        """Return the lock of whoever fetches the file."""

    def publish(self, file: HubFile, part: Path | None) -> None:
        """Let a whole file appear under its name.

        Args:
            file: Which one.
            part: Its bytes, or None where they are in their place already.
        """

    def finish(self) -> None:
        """Note that all files are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCache:
    """The hub's own cache, for one repository at one commit.

    Args:
        cache_dir: The cache.
        repo: The repository.
    """

    cache_dir: Path
    repo: HubRepo

    @property
    def folder(self) -> Path:
        """The folder that people are told."""
        return self._root / "snapshots" / self.repo.commit

    def bytes_path(self, file: HubFile) -> Path:
        """Return the blob: named by the digest, which is hexadecimal and nothing else."""
        return self._root / "blobs" / str(file.sha256 or file.git_id)

    def name_path(self, file: HubFile) -> Path:
        """Return the link in the snapshot."""
        return self.folder / file.name

    def lock_path(self, file: HubFile) -> Path:
        """Return the lock that huggingface_hub takes for the same blob."""
        return cache_lock_path(self.bytes_path(file))

    def publish(self, file: HubFile, part: Path | None) -> None:
        """Move the bytes to their blob and link the name to it."""
        blob, link = self.bytes_path(file), self.name_path(file)
        if part is not None:
            _move(part, blob)
        link.parent.mkdir(parents=True, exist_ok=True)
        target = os.path.relpath(blob, link.parent)
        draft = link.with_name(f".{uuid.uuid4().hex}.new")
        os.symlink(target, draft)
        draft.replace(link)

    def finish(self) -> None:
        """Note which commit the revision means, and that this folder is a cache."""
        tag = self.cache_dir / "CACHEDIR.TAG"
        if not tag.exists():
            tag.write_text(_CACHE_TAG, encoding="utf-8")
        if self.repo.revision == self.repo.commit:
            return
        ref = self._root / "refs" / self.repo.revision
        ref.parent.mkdir(parents=True, exist_ok=True)
        draft = ref.with_name(f"{ref.name}.{uuid.uuid4().hex[:8]}.tmp")
        draft.write_text(self.repo.commit, encoding="ascii")
        draft.replace(ref)

    @property
    def _root(self) -> Path:
        return self.cache_dir / f"models--{self.repo.repo.replace('/', '--')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A plain folder, where files lie under their own names.

    Args:
        folder: The folder.
        locks_dir: Where locks are kept, so that the folder holds models only.
    """

    folder: Path
    locks_dir: Path

    def bytes_path(self, file: HubFile) -> Path:
        """Return the file itself."""
        return self.folder / file.name

    def name_path(self, file: HubFile) -> Path:
        """Return the file itself."""
        return self.folder / file.name

    def lock_path(self, file: HubFile) -> Path:
        """Return a lock named after the file's whole path."""
        return folder_lock_path(self.locks_dir, self.name_path(file))

    def publish(self, file: HubFile, part: Path | None) -> None:
        """Give the file its name."""
        if part is not None:
            _move(part, self.bytes_path(file))

    def finish(self) -> None:
        """Nothing is noted: the files speak for themselves."""


def cache_lock_path(blob: Path) -> Path:
    """Return the lock of a blob of a hub cache."""
    root = blob.parent.parent
    return root.parent / ".locks" / root.name / f"{blob.name}.lock"


def folder_lock_path(locks_dir: Path, target: Path) -> Path:
    """Return the lock of a file in a plain folder."""
    return locks_dir / f"{hashlib.sha256(os.fsencode(target)).hexdigest()[:32]}.lock"


def part_path(target: Path) -> Path:
    """Return where the bytes of a file are collected."""
    return _hidden(target, PART_SUFFIX)


def journal_path(target: Path) -> Path:
    """Return where it is noted which of them have come."""
    return _hidden(target, JOURNAL_SUFFIX)


def quarantine_path(target: Path) -> Path:
    """Return where bytes are put that are not what they should be."""
    return _hidden(target, QUARANTINE_SUFFIX)


@contextmanager
def put_aside(target: Path) -> Iterator[None]:
    """Move bytes out of the way while others take their place; back, if none do."""
    aside = quarantine_path(target)
    target.replace(aside)
    try:
        yield
    finally:
        if target.exists():
            aside.unlink(missing_ok=True)
        else:
            aside.replace(target)


def free_bytes(folder: Path) -> int:
    """Return the free space where a folder is, or will be.

    Raises:
        SetupError: The folder cannot be made or written there.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    # By default `access` asks for the real user, who may be another than the one who writes.
    effective = os.access in os.supports_effective_ids
    writable = os.access(there, os.W_OK | os.X_OK, effective_ids=effective)
    if not there.is_dir() or not writable:
        raise SetupError(
            f"{plain(folder, 300)} cannot be written: {plain(there, 300)} is not a folder that "
            "you may write to.",
            hint="Name another folder with --to, or repair the permissions.",
        )
    try:
        return shutil.disk_usage(there).free
    except OSError as error:
        raise StoreError(f"The disk of {plain(there, 300)} does not answer: {error}.") from error


def _hidden(target: Path, suffix: str) -> Path:
    return target.with_name(f".{target.name}{suffix}")


def _move(part: Path, target: Path) -> None:
    """Rename, and make the rename last through a power cut."""
    part.replace(target)
    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
