"""Say which bytes were measured, and find the same bytes again, under whatever name they lie.

All bytes are hashed, once: the index remembers the digest until the file changes. What lies under a
record's name but is not what was measured is refused, because a figure of another model would be
taken for a replay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from hearth.config import Config
from hearth.errors import ModelNotFound
from hearth.measure.evidence.record import Subject
from hearth.models.gguf.info import inspect
from hearth.models.library import Library, ModelEntry
from hearth.models.library.digests import digest_of_model
from hearth.models.library.hashing import Cancelled, OnProgress, digest_of_files, never, sha256_of
from hearth.models.library.identity import sample
from hearth.models.library.index import Index
from hearth.models.library.lookup import entry_of_path


def subject_of(
    config: Config,
    model: str,
    *,
    role: str = "",
    adapter: Path | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
) -> Subject:
    """Return a model that is here as a subject of evidence.

    Args:
        config: Says where to look.
        model: What a person typed: a name, a reference or a path.
        role: Its part where there are several models.
        adapter: The file of an adapter that is put to it.
        on_progress: Called with the bytes hashed since the last call, where they must be.
        cancelled: Asked again and again while they are.

    Raises:
        ModelNotFound: There is no such model.
        BadModelFile: It cannot be read.
        RequestAborted: It was cancelled.
    """
    entry = Library(config).resolve(model)
    info = inspect(entry.path)
    template = info.chat_template
    return Subject(
        name=entry.name,
        role=role,
        digest=digest_of_model(config, entry, on_progress=on_progress, cancelled=cancelled),
        identity=digest_of_files(sample(file) for file in info.files),
        template=hashlib.sha256(template.encode()).hexdigest() if template else "",
        adapter=sha256_of(adapter, cancelled=cancelled) if adapter is not None else "",
        architecture=info.architecture,
        quantization=info.quantization,
        size_bytes=info.file_bytes,
    )


def find_subject(config: Config, subject: Subject) -> Path:
    """Return what to open to measure the same bytes again.

    Args:
        config: Says where to look: in the library, and where models were measured before.
        subject: Of a record, which may come from another machine.

    Raises:
        ModelNotFound: Nothing here is the same bytes.
    """
    for entry in _candidates(config, subject):
        if not subject.digest or digest_of_model(config, entry) == subject.digest:
            return entry.path
    known = f"SHA-256 {subject.digest[:12]}" if subject.digest else "the bytes that were measured"
    raise ModelNotFound(
        f"The model {subject.name} ({known}) is not here; one of its name with other bytes would "
        "be another model.",
        hint="Pull it or bring it in (`hearth models import FILE`), then replay again.",
        param="model",
    )


def _candidates(config: Config, subject: Subject) -> Iterator[ModelEntry]:
    entries = Library(config).list()
    for entry in entries:
        if entry.identity == subject.identity or (entry.digest and entry.digest == subject.digest):
            yield entry
    for path, file in Index(config).knowledge().files.items():
        if file.identity != subject.identity and file.sha256 != subject.digest:
            continue
        outside = entry_of_path(path, entries)
        if outside is not None:
            yield outside
