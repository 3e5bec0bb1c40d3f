"""What every source yields: a model that lies somewhere on this machine, found but not opened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Source(StrEnum):
    """Where a model lies."""

    STARTER = "starter package"
    HEARTH = "hearth"
    FOLDER = "folder"
    PACKAGE = "python package"
    LM_STUDIO = "lm studio"
    HUB_CACHE = "hub cache"
    OLLAMA = "ollama"
    LLAMA_CPP = "llama.cpp"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model, as its directory entry describes it.

    Args:
        mtime_ns: Time of the last change in nanoseconds; with the size it tells whether what is
            known of the file still holds.
        claimed_sha256: What the store it lies in says its bytes hash to. A claim: bytes rot, and
            downloads go wrong, while the name stays.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    claimed_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A model in one place.

    Args:
        source: Whose place it is.
        name: What the place calls the model.
        path: What the engine opens: the file, the first of several parts, or the folder.
        files: The files that hold the weights, in order.
        place: A short name of the place, to tell two models of one name apart.
        reference: A spelling that names the model in exactly this place.
        removed_by: How the owner of the place removes it ("ollama rm llama3:8b"); None where
            Hearth may do it.
    """

    source: Source
    name: str
    path: Path
    files: tuple[ModelFile, ...]
    place: str
    reference: str
    removed_by: str | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes on disk of the weights."""
        return sum(file.size_bytes for file in self.files)
