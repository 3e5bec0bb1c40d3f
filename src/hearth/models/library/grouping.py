"""Join locations that hold the same bytes into models, and give each model its name.

The bytes of two files are the same when both were hashed and agree, or while one of them is not
hashed, when their identities agree. What a store claims of a file's digest never joins two files: a
claim outlives the bytes that it was true of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hearth.models.library.entry import ModelEntry
from hearth.models.library.facts import Facts
from hearth.models.library.hashing import digest_of_files
from hearth.models.library.index import Knowledge
from hearth.models.sources.location import Location
from hearth.models.sources.tree import SAFETENSORS_SUFFIX


def make_entries(locations: Iterable[Location], known: Knowledge) -> list[ModelEntry]:
    """Return the models of these locations, in order, each with a name of its own.

    Args:
        locations: Places in the order of precedence; the index knows all of their files.
        known: What the index knows.
    """
    groups: dict[tuple[str, str | None], list[Location]] = {}
    for location in locations:
        key = (identity_of(location, known), computed_digest(location, known))
        groups.setdefault(key, []).append(location)
    taken: set[str] = set()
    return [
        _entry(_free_name(group[0], taken), group, identity, digest, known)
        for (identity, digest), group in _joined(groups).items()
    ]


def identity_of(location: Location, known: Knowledge) -> str:
    """Return the identity of a model in one place, made of those of its files."""
    return digest_of_files(known.files[str(file.path)].identity for file in location.files)


def computed_digest(location: Location, known: Knowledge) -> str | None:
    """Return the digest of a model in one place, as far as all its files have been hashed."""
    digests = [known.files[str(file.path)].sha256 for file in location.files]
    hashed = [digest for digest in digests if digest is not None]
    return digest_of_files(hashed) if len(hashed) == len(digests) else None


def _joined(
    groups: dict[tuple[str, str | None], list[Location]],
) -> dict[tuple[str, str | None], list[Location]]:
    """Put what is not hashed to what is, where only one hashed model has that identity."""
    joined: dict[tuple[str, str | None], list[Location]] = {}
    for (identity, digest), group in groups.items():
        hashed = [other for same, other in groups if same == identity and other is not None]
        key = (identity, hashed[0] if digest is None and len(hashed) == 1 else digest)
        joined.setdefault(key, []).extend(group)
    return joined


def _entry(
    name: str, group: list[Location], identity: str, digest: str | None, known: Knowledge
) -> ModelEntry:
    first = group[0]
    facts = known.facts.get(identity) or Facts()
    problems = [known.files[str(file.path)].problem for place in group for file in place.files]
    used = known.last_used.get(identity)
    return ModelEntry(
        name=name,
        path=first.path,
        size_bytes=first.size_bytes,
        source=first.source,
        format=facts.format,
        kind=facts.kind,
        architecture=facts.architecture,
        num_parameters=facts.num_parameters,
        quantization=facts.quantization,
        context_length=facts.context_length,
        runs_here=_runs_here(first, facts),
        digest=digest or _claimed_digest(group),
        is_verified=digest is not None,
        locations=tuple(group),
        last_used_s=used.timestamp() if used else None,
        problem=next((problem for problem in problems if problem), facts.problem),
        identity=identity,
    )


def _runs_here(location: Location, facts: Facts) -> bool | None:
    if facts.runs_here is None and location.files[0].path.suffix == SAFETENSORS_SUFFIX:
        return False  # known without looking: the engine reads GGUF
    return facts.runs_here


def _claimed_digest(group: list[Location]) -> str | None:
    for location in group:
        claims = [file.claimed_sha256 for file in location.files]
        if all(claims):
            return digest_of_files(claim for claim in claims if claim)
    return None


def _free_name(location: Location, taken: set[str]) -> str:
    name = location.name
    if name in taken:
        name = f"{location.place}/{name}"
    free, number = name, 2
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    taken.add(free)
    return free


def at(entry: ModelEntry, location: Location, reason: str | None = None) -> ModelEntry:
    """Return a model as it lies in one of its places."""
    return replace(entry, path=location.path, source=location.source, reason=reason)
