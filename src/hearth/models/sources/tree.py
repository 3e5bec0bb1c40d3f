"""Find models in a folder by the names in it: GGUF files, and folders with safetensors.

Nothing is opened, and hidden folders are passed over. What is no regular file (a FIFO, a device, a
link to nowhere) is no model, and neither is a name that is not Unicode, because no other program
could be told about it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth.models.gguf.parts import is_later_part, part_paths, whole_name
from hearth.models.sources.location import ModelFile

GGUF_SUFFIX = ".gguf"
SAFETENSORS_SUFFIX = ".safetensors"
CONFIGURATIONS = frozenset({"config.json", "adapter_config.json"})
MAX_DEPTH = 4  # folders below a model folder
MAX_FILES = 10_000  # a model folder that points at a whole disk must not hang the list


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model in a folder.

    Args:
        name: Its path in the folder, without suffix and part number, with forward slashes; empty
            when the folder itself is the model.
        path: The file, the first of its parts, or the folder that holds it.
    """

    name: str
    path: Path
    files: tuple[ModelFile, ...]


def find_models(folder: Path, *, max_depth: int = MAX_DEPTH) -> Iterator[Found]:
    """Yield the models in a folder and in the folders below it, by name.

    Args:
        folder: Where to look; one that is not there or cannot be read holds none.
        max_depth: How many folders to go down.
    """
    num_seen = 0
    for current, folders, names in os.walk(folder):
        here = Path(current)
        inner = here.relative_to(folder)
        visible = sorted(name for name in folders if not name.startswith("."))
        folders[:] = visible if len(inner.parts) < max_depth else []
        num_seen += len(names)
        yield from _models_of(here, inner, names)
        if num_seen > MAX_FILES:
            return


def state_of(path: Path, claimed_sha256: str | None = None) -> ModelFile | None:
    """Return a file as its directory entry describes it; None if it is no regular file."""
    try:
        str(path).encode()
        found = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return ModelFile(
        path=path,
        size_bytes=found.st_size,
        mtime_ns=found.st_mtime_ns,
        claimed_sha256=claimed_sha256,
    )


def gguf_files(path: Path) -> tuple[ModelFile, ...]:
    """Return the files of a GGUF model that are there, judging by the name of its first file."""
    return tuple(file for part in part_paths(path) if (file := state_of(part)) is not None)


def weights_of(folder: Path) -> tuple[ModelFile, ...]:
    """Return the safetensors files of a folder, by name."""
    paths = sorted(folder.glob(f"*{SAFETENSORS_SUFFIX}"))
    return tuple(file for path in paths if (file := state_of(path)) is not None)


def _models_of(here: Path, inner: Path, names: list[str]) -> Iterator[Found]:
    has_weights = any(name.endswith(SAFETENSORS_SUFFIX) for name in names)
    if has_weights and not CONFIGURATIONS.isdisjoint(names):
        files = weights_of(here)
        if files:
            yield Found(name="/".join(inner.parts), path=here, files=files)
    for name in sorted(names):
        path = here / name
        if path.suffix.lower() != GGUF_SUFFIX or is_later_part(path):
            continue
        files = gguf_files(path)
        if files and files[0].path == path:
            full_name = (inner / whole_name(path)).as_posix()
            yield Found(name=full_name, path=path, files=files)
