"""Hash a model's files again, say what is wrong with them, and have them fetched again.

What a file must hash to is known from where Hearth got it, from the store that it lies in (Ollama's
blobs and the hub's large files are named by their SHA-256), or from an earlier hashing. A size that
fits proves nothing: a disk that lost a block and a download that went wrong both keep it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hearth.errors import BadModelFile, HearthError
from hearth.models.labels import plain
from hearth.models.library.entry import ModelEntry
from hearth.models.library.facts import read_facts
from hearth.models.library.hashing import Cancelled, OnProgress, hash_files, never
from hearth.models.library.identity import sample
from hearth.models.library.index import Index, Knowledge, KnownFile
from hearth.models.sources.hub_cache import pinned_reference
from hearth.models.sources.location import Location, ModelFile, Source
from hearth.models.sources.tree import state_of

Repair = Callable[[Path, str, str], None]  # fetches a file anew: path, reference, SHA-256


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What the verification of one file found.

    Args:
        expected: What its bytes must hash to, or None where nobody has said.
        found: What they hash to, or None when they could not be read.
        problem: What is wrong, as a sentence; None when nothing is.
        is_repaired: True when it was wrong and has been fetched again.
    """

    path: Path
    size_bytes: int
    expected: str | None
    found: str | None
    problem: str | None
    is_repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What the verification of a model found, file by file."""

    name: str
    files: tuple[FileReport, ...]

    @property
    def is_sound(self) -> bool:
        """True when every file is what it must be, as far as anybody can say."""
        return all(file.problem is None for file in self.files)


def verify(
    entry: ModelEntry,
    index: Index,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
    repair: Repair | None = None,
) -> VerifyReport:
    """Hash every file of a model in every place, and note what was found; see `Library.verify`."""
    known = index.knowledge()
    files = {file.path: (file, place) for place in entry.locations for file in place.files}
    digests = hash_files(files, on_progress=on_progress, cancelled=cancelled)
    reports = []
    for path, (file, place) in files.items():
        report = _judge(file, digests[path], known)
        if report.problem is not None and repair is not None:
            report = _repaired(report, place, known, repair)
        elif report.problem is None:
            report = _with_header(report, place)
        reports.append(report)
    index.note_files([_noted(report, known) for report in reports if report.found is not None])
    return VerifyReport(name=entry.name, files=tuple(reports))


def _judge(file: ModelFile, found: str | BadModelFile, known: Knowledge) -> FileReport:
    before = known.files.get(str(file.path))
    origin = known.origins.get(str(file.path))
    computed = before.sha256 if before is not None and before.describes(file) else None
    expected = (origin.sha256 if origin else None) or file.claimed_sha256 or computed
    problem = None
    if isinstance(found, BadModelFile):
        problem = found.message
    elif expected is not None and found != expected:
        problem = (
            f"{plain(file.path, 300)} is damaged: its {file.size_bytes:,} bytes hash to "
            f"{found[:12]}…, and must hash to {expected[:12]}…."
        )
    return FileReport(
        path=file.path,
        size_bytes=file.size_bytes,
        expected=expected,
        found=None if isinstance(found, BadModelFile) else found,
        problem=problem,
    )


def _with_header(report: FileReport, place: Location) -> FileReport:
    """Look also at what the file says it is; bytes that nobody vouches for can still be cut off."""
    if report.expected is not None or report.path != place.files[0].path:
        return report
    return replace(report, problem=read_facts(place.path).problem)


def _repaired(report: FileReport, place: Location, known: Knowledge, repair: Repair) -> FileReport:
    """Have a file fetched again, if it is known from where; else say who can."""
    origin = known.origins.get(str(report.path))
    reference = origin.reference if origin else None
    if place.source is Source.HUB_CACHE:
        reference = pinned_reference(place, report.path)
    if report.expected is None or reference is None:
        return replace(report, problem=f"{report.problem} {_advice(place)}")
    try:
        repair(report.path, reference, report.expected)
        found = hash_files([report.path])[report.path]
    except HearthError as error:
        return replace(report, problem=f"{report.problem} Fetching it again: {error.message}")
    if found != report.expected:
        return replace(report, problem=f"{report.problem} What was fetched again is no better.")
    return replace(report, found=found, problem=None, is_repaired=True)


def _advice(place: Location) -> str:
    if place.source is Source.OLLAMA:
        return f"Repair it with {place.removed_by} and `ollama pull {place.name}`."
    return "Hearth does not know where it came from; copy or download it again."


def _noted(report: FileReport, known: Knowledge) -> KnownFile:
    """Return what the index shall know; what a damaged file hashes to is not worth keeping."""
    before = known.files.get(str(report.path))
    file = state_of(report.path)
    same = before is not None and file is not None and before.describes(file)
    sound = report.problem is None
    return KnownFile(
        path=str(report.path),
        size_bytes=file.size_bytes if file else report.size_bytes,
        mtime_ns=file.mtime_ns if file else 0,
        identity=before.identity if same and before else sample(report.path),
        sha256=report.found if sound else before.sha256 if same and before else None,
        hashed_at=datetime.now(UTC),
        problem=report.problem,
    )
