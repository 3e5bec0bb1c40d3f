"""Models in the Hugging Face hub cache, which many programs share, Hearth and llama.cpp too.

Layout:
    models--<owner>--<repository>/
        refs/<revision>              a text file with a commit
        snapshots/<commit>/<file>    links to ../../blobs/<etag>; copies where there are no links
        blobs/<etag>                 the bytes; the etag of a large (LFS) file is its SHA-256

Source: huggingface.co/docs/hub/local-cache
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hearth.models.sources.blobs import is_sha256
from hearth.models.sources.location import Location, ModelFile, Source
from hearth.models.sources.tree import Found, find_models

_COMMIT = re.compile(r"[0-9a-f]{40}")
MAX_REPOSITORIES = 5000


def find_in_hub_cache(cache: Path) -> Iterator[Location]:
    """Yield the models of the cache; a file that several revisions share is named once."""
    for folder in _repositories(cache):
        repository = _repository(folder)
        seen: set[Path] = set()
        for commit, is_main in _commits(folder):
            for found in find_models(folder / "snapshots" / commit):
                location = _location(folder, repository, commit, found, is_main=is_main)
                if location is None or location.files[0].path.resolve() in seen:
                    continue
                seen.add(location.files[0].path.resolve())
                yield location


def is_revision(location: Location, wanted: str | None) -> bool:
    """Say whether a model of the cache is of a revision: a branch, a tag or a commit.

    Args:
        location: One that `find_in_hub_cache` yielded.
        wanted: A checked name of a revision; None: the main branch.
    """
    is_main = "@" not in location.reference
    if wanted in (None, "main"):
        return is_main
    snapshot = _snapshot(location.path)
    named = _ref(snapshot.parents[1] / "refs" / str(wanted)) or str(wanted)
    return snapshot.name.startswith(named)


def pinned_reference(location: Location, file: Path) -> str:
    """Return the spelling that fetches one file of a model of the cache again, at its commit."""
    snapshot = _snapshot(location.path)
    repository = _repository(snapshot.parents[1])
    return f"hf:{repository}:{file.relative_to(snapshot).as_posix()}@{snapshot.name}"


def _snapshot(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.parent.name == "snapshots")


def _repository(folder: Path) -> str:
    return folder.name.removeprefix("models--").replace("--", "/")


def _repositories(cache: Path) -> list[Path]:
    try:
        with os.scandir(cache) as entries:
            names = sorted(entry.path for entry in entries if entry.name.startswith("models--"))
    except OSError:
        return []
    return [Path(name) for name in names[:MAX_REPOSITORIES]]


def _commits(repository: Path) -> list[tuple[str, bool]]:
    """Return the commits that have a snapshot, that of the branch `main` first."""
    try:
        commits = [name for name in os.listdir(repository / "snapshots") if _COMMIT.fullmatch(name)]
    except OSError:
        return []
    main = _ref(repository / "refs" / "main")
    if main not in commits and len(commits) == 1:
        main = commits[0]
    return sorted(((commit, commit == main) for commit in commits), key=lambda c: (not c[1], c[0]))


def _ref(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(64).decode(errors="replace").strip()
    except OSError:
        return ""


def _location(
    folder: Path, repository: str, commit: str, found: Found, *, is_main: bool
) -> Location | None:
    root = folder.resolve()
    files: list[ModelFile] = []
    for file in found.files:
        blob = file.path.resolve()
        if not blob.is_relative_to(root):
            return None  # a link that leads out of the repository's folder
        files.append(replace(file, claimed_sha256=blob.name if is_sha256(blob.name) else None))
    revision = "" if is_main else f"@{commit[:12]}"
    inside = found.path.relative_to(folder / "snapshots" / commit).as_posix()
    return Location(
        source=Source.HUB_CACHE,
        name="/".join(part for part in (repository, found.name) if part) + revision,
        path=found.path,
        files=tuple(files),
        place="hub",
        reference=f"hf:{repository}" + (f":{inside}" if found.name else "") + revision,
        removed_by=f"`hf cache rm model/{repository}`",
    )
