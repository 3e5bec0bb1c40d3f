"""The SHA-256 of a model's bytes as they are now: looked up where they were hashed before."""

from __future__ import annotations

from hearth.config import Config
from hearth.errors import BadModelFile
from hearth.models.library.entry import ModelEntry
from hearth.models.library.hashing import (
    Cancelled,
    OnProgress,
    digest_of_files,
    hash_files,
    never,
)
from hearth.models.library.index import Index
from hearth.models.library.looking import note_hashed


def digest_of_model(
    config: Config,
    entry: ModelEntry,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
) -> str:
    """Return the digest of the bytes that an entry's path opens, as in `ModelEntry.digest`.

    What has to be hashed is noted in the index, also for files outside of the library.

    Args:
        config: Names the database with the index.
        entry: The model.
        on_progress: Called with the bytes hashed since the last call.
        cancelled: Asked again and again.

    Raises:
        BadModelFile: A file cannot be read.
        RequestAborted: It was cancelled.
    """
    index = Index(config)
    known = index.knowledge().files
    files = next(place.files for place in entry.locations if place.path == entry.path)
    digests = {
        file.path: before.sha256
        for file in files
        if (before := known.get(str(file.path))) and before.describes(file) and before.sha256
    }
    unknown = [file.path for file in files if file.path not in digests]
    hashed = hash_files(unknown, on_progress=on_progress, cancelled=cancelled)
    for path, digest in hashed.items():
        if isinstance(digest, BadModelFile):
            raise digest
        digests[path] = digest
    if unknown:
        note_hashed({path: digests[path] for path in unknown}, index)
    return digest_of_files(digests[file.path] for file in files)
