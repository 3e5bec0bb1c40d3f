"""What the hub says about a repository's files, checked before any of it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hearth.errors import SourceError
from hearth.models.labels import plain

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

MAX_FILES = 100_000  # entries of a repository that are looked at

_HEXADECIMAL = set("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """One file of a repository.

    Args:
        name: Path in the repository, with forward slashes; not to be trusted.
        size_bytes: Its length.
        sha256: What it must hash to, for files kept as large files.
        git_id: What it must hash to as a git object (SHA-1), for all others.
    """

    name: str
    size_bytes: int
    sha256: str | None
    git_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRepo:
    """A repository at one commit, which never changes."""

    repo: str
    revision: str
    commit: str
    files: tuple[HubFile, ...]
    gated: bool


def to_repo(repo: str, revision: str, info: ModelInfo) -> HubRepo:
    """Return an answer of the hub as a repository.

    Raises:
        SourceError: The answer lacks a commit, a size or a digest, or has too many files.
    """
    commit = info.sha or ""
    if len(commit) != 40 or not set(commit) <= _HEXADECIMAL:
        raise SourceError(f"The hub gave no commit for {plain(repo)!r}, so nothing can be pinned.")
    siblings = info.siblings or []
    if len(siblings) > MAX_FILES:
        raise SourceError(
            f"{plain(repo)!r} has {len(siblings):,} files; at most {MAX_FILES:,} are looked at."
        )
    files = []
    for sibling in siblings:
        lfs = sibling.lfs
        size = lfs.size if lfs is not None else sibling.size
        if not isinstance(size, int) or size < 0:
            raise SourceError(f"The hub gave no size for {plain(sibling.rfilename)!r}.")
        files.append(
            HubFile(
                name=sibling.rfilename,
                size_bytes=size,
                sha256=_digest(lfs.sha256, 64) if lfs is not None else None,
                git_id=None if lfs is not None else _digest(sibling.blob_id, 40),
            )
        )
    return HubRepo(
        repo=repo, revision=revision, commit=commit, files=tuple(files), gated=bool(info.gated)
    )


def _digest(text: object, length: int) -> str:
    """Return a digest; it becomes a file name, so anything but hexadecimal is refused."""
    if not isinstance(text, str) or len(text) != length or not set(text) <= _HEXADECIMAL:
        raise SourceError(f"The hub gave {plain(text)!r} where a digest was expected.")
    return text
