"""Decide what of a model Hearth may remove: its own files, and never those of another program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hearth.errors import InvalidRequest, ModelInUse
from hearth.models.labels import plain
from hearth.models.library.entry import ModelEntry
from hearth.models.library.in_use import is_in_use
from hearth.models.library.index import Knowledge
from hearth.models.sources.location import Location, Source
from hearth.models.sources.places import Places


def removable(entry: ModelEntry, known: Knowledge, places: Places) -> list[Location]:
    """Return the locations of a model that Hearth may remove.

    Raises:
        InvalidRequest: All of them belong to other programs; their commands are named.
    """
    ours = [each for each in entry.locations if _is_ours(each, known, places)]
    if ours:
        return ours
    theirs = [each.removed_by or "the program that keeps it" for each in entry.locations]
    raise InvalidRequest(
        f"{plain(entry.name)} belongs to another program ({plain(entry.source)}), and Hearth does "
        "not touch its files.",
        param="model",
        hint=f"Remove it with {' and '.join(dict.fromkeys(theirs))}.",
    )


def files_of(location: Location) -> list[Path]:
    """Return everything that goes when a location goes, links before what they lead to.

    Raises:
        ModelInUse: A file is loaded.
    """
    is_folder = location.path.is_dir()
    paths = [location.path] if is_folder else [each.path for each in location.files]
    if any(is_in_use(each.path) for each in location.files):
        raise ModelInUse(
            f"{plain(location.name)} is loaded; its files stay until it is not.",
            param="model",
            hint=f"Unload it first: `hearth unload {location.name}`.",
        )
    if location.source is Source.HUB_CACHE:
        paths += _unshared_blobs([*location.path.rglob("*")] if is_folder else paths)
    return paths


def refuse_to_move(path: Path, locations: Iterable[Location]) -> None:
    """Refuse to take a file away from another program.

    Raises:
        InvalidRequest: The file lies in another program's place.
    """
    real = path.resolve()
    for location in locations:
        if location.removed_by is not None and any(
            file.path.resolve() == real for file in location.files
        ):
            raise InvalidRequest(
                f"{plain(path, 300)} belongs to another program ({location.source}), and Hearth "
                "does not take its files away.",
                param="path",
                hint="Import it with --link or --reference, which copy nothing, or use it as "
                f"{plain(location.name)} where it lies.",
            )


def _is_ours(location: Location, known: Knowledge, places: Places) -> bool:
    if location.source is Source.HUB_CACHE:
        # Shared by many programs: what Hearth did not fetch itself is somebody else's.
        return all(str(file.path) in known.origins for file in location.files)
    if location.source not in (Source.HEARTH, Source.FOLDER):
        return False
    parents = [file.path.parent.resolve() for file in location.files]
    theirs = (*places.ollama, *places.lm_studio, *places.llama_cpp, *places.hub_cache)
    roots = [root.resolve() for root in theirs]
    return not any(parent.is_relative_to(root) for parent in parents for root in roots)


def _unshared_blobs(links: Sequence[Path]) -> Iterator[Path]:
    """Yield the blobs of a hub repository that only these links lead to."""
    blobs = dict.fromkeys(link.resolve() for link in links if link.is_symlink())
    snapshots = next((each for each in links[0].parents if each.name == "snapshots"), None)
    if not blobs or snapshots is None:
        return
    going = set(links)
    others = (each for each in snapshots.rglob("*") if each.is_symlink() and each not in going)
    needed = {other.resolve() for other in others}
    yield from (blob for blob in blobs if blob not in needed)
