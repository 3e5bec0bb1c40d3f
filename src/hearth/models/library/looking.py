"""Look at files that the index does not know, and note what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hearth.errors import BadModelFile
from hearth.models.library.identity import sample
from hearth.models.library.index import Index, Knowledge, KnownFile
from hearth.models.sources.location import Location, ModelFile
from hearth.models.sources.tree import state_of


def look_at_new_files(locations: Iterable[Location], known: Knowledge, index: Index) -> None:
    """Identify the files that are not known, or that have changed since.

    Args:
        locations: Where they lie.
        known: What the index knows; afterwards it holds all files.
        index: Notes what is new, except files that could not be read.
    """
    new: dict[str, KnownFile] = {}
    for file in (file for location in locations for file in location.files):
        path = str(file.path)
        before = known.files.get(path)
        if path not in new and (before is None or not before.describes(file)):
            new[path] = _looked_at(file)
    known.files |= new
    readable = [file for file in new.values() if file.problem is None]
    if readable:
        index.note_files(readable)


def note_hashed(digests: Mapping[Path, str], index: Index) -> None:
    """Note files whose bytes were hashed while they were written."""
    now = datetime.now(UTC)
    states = [(state_of(path), digest) for path, digest in digests.items()]
    index.note_files(
        [
            KnownFile(
                path=str(file.path),
                size_bytes=file.size_bytes,
                mtime_ns=file.mtime_ns,
                identity=sample(file.path),
                sha256=digest,
                hashed_at=now,
            )
            for file, digest in states
            if file is not None
        ]
    )


def _looked_at(file: ModelFile) -> KnownFile:
    try:
        identity, problem = sample(file.path), None
    except BadModelFile as error:
        identity, problem = f"unread:{file.path}", error.message
    return KnownFile(
        path=str(file.path),
        size_bytes=file.size_bytes,
        mtime_ns=file.mtime_ns,
        identity=identity,
        problem=problem,
    )
