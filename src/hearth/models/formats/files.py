"""The files of one model, wherever they lie: names, sizes, and bytes on demand.

Every format is read through this, so that a folder, a single file and a remote repository are
described by the same code. Files are opened when they are first read, and closed together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hearth.errors import BadModelFile
from hearth.models.bytes import ByteSource, FileBytes, bad_file
from hearth.models.gguf.parts import part_paths, whole_name

MAX_FILES = 10_000  # a folder that is no model's may hold any number
_SUBFOLDERS = ("onnx",)  # where repositories keep a second form of a model


class HeldBytes:
    """A byte source over bytes that are here already."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.size_bytes = len(data)
        self.fetched_bytes = 0
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; see `ByteSource.read`."""
        if offset + length > self.size_bytes:
            raise bad_file(self.name, f"it ends at byte {self.size_bytes:,}")
        return self._data[offset : offset + length]


class ModelFiles:
    """What a model consists of.

    Args:
        name: What the model is called where it has no name of its own.
        where: Path or address for messages.
        sizes: Bytes of each file by its name, a relative path with forward slashes.
        open_file: Opens one of them; a source that has `close` is closed with the rest.
        alone: True when one file was pointed at, and not a folder or repository.
        is_remote: True when the bytes come over the network.
    """

    def __init__(
        self,
        *,
        name: str,
        where: str,
        sizes: Mapping[str, int],
        open_file: Callable[[str], ByteSource],
        alone: bool = False,
        is_remote: bool = False,
    ) -> None:
        self.name = name
        self.where = where
        self.sizes = sizes
        self.alone = alone
        self.is_remote = is_remote
        self._open_file = open_file
        self._opened: dict[str, ByteSource] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.clear()
        self._stack.close()

    @property
    def fetched_bytes(self) -> int:
        """Bytes that were read so far, from the disk or over the network."""
        return sum(source.fetched_bytes for source in self._opened.values())

    def source(self, name: str) -> ByteSource:
        """Return a file's bytes, opened at the first call."""
        if name not in self._opened:
            source = self._open_file(name)
            if (close := getattr(source, "close", None)) is not None:
                self._stack.callback(close)
            self._opened[name] = source
        return self._opened[name]

    def ending(self, *suffixes: str) -> list[str]:
        """Return the names with one of these suffixes, in order."""
        return sorted(name for name in self.sizes if name.lower().endswith(suffixes))

    def small(self, name: str, max_bytes: int) -> bytes | None:
        """Return a whole small file, or None when it is missing or larger."""
        if name not in self.sizes:
            return None
        source = self.source(name)
        return source.read(0, source.size_bytes) if source.size_bytes <= max_bytes else None

    def start(self, name: str, num_bytes: int) -> bytes:
        """Return the first bytes of a file, fewer when it is shorter."""
        source = self.source(name)
        return source.read(0, min(num_bytes, source.size_bytes))

    def fail(self, reason: str, hint: str | None = None) -> BadModelFile:
        """Return the error for this model, to be raised by the caller."""
        return bad_file(self.where, reason, hint)


def is_looked_at(name: str) -> bool:
    """Say whether a file of a folder or repository is looked at, by its relative path.

    What lies in folders below belongs to something else (a pipeline's parts, training states).
    """
    folder, _, _ = name.rpartition("/")
    return not folder or folder in _SUBFOLDERS


def local_files(path: Path) -> ModelFiles:
    """Return the files of a folder, or one file by itself.

    Raises:
        ModelNotFound: There is nothing at the path.
        BadModelFile: It is neither a folder nor a regular file, or cannot be read.
    """
    if path.is_dir():
        sizes = _folder_sizes(path)
        return ModelFiles(
            name=_folder_name(path),
            where=str(path),
            sizes=sizes,
            open_file=lambda name: FileBytes(path / name),
        )
    with FileBytes(path) as source:
        sizes = {path.name: source.size_bytes}
    sizes |= {part.name: part.stat().st_size for part in part_paths(path) if part.is_file()}
    return ModelFiles(
        name=whole_name(path),
        where=str(path),
        sizes=sizes,
        open_file=lambda name: FileBytes(path.with_name(name)),
        alone=True,
    )


def remote_files(
    name: str, files: Mapping[str, ByteSource | bytes], *, alone: bool = False
) -> ModelFiles:
    """Return files that are read from elsewhere.

    Args:
        name: What the model is called.
        files: Sources, or whole small files, by name.
        alone: True when one file was pointed at, and not a repository.
    """
    sources = {
        file: HeldBytes(file, data) if isinstance(data, bytes) else data
        for file, data in files.items()
    }
    sizes = {file: source.size_bytes for file, source in sources.items()}
    return ModelFiles(
        name=name,
        where=name,
        sizes=sizes,
        open_file=sources.__getitem__,
        alone=alone,
        is_remote=True,
    )


def _folder_name(folder: Path) -> str:
    """Return what people call the model: the hub's cache names folders after revisions."""
    resolved = folder.absolute()
    repository = resolved.parent.parent.name
    if resolved.parent.name == "snapshots" and repository.startswith("models--"):
        return repository.removeprefix("models--").replace("--", "/")
    return resolved.name


def _folder_sizes(folder: Path) -> dict[str, int]:
    try:
        found = _regular_files(folder, "")
        for name in _SUBFOLDERS:
            if (folder / name).is_dir():
                found |= _regular_files(folder / name, f"{name}/")
    except OSError as error:
        raise bad_file(folder, f"it cannot be read ({error.strerror or error})") from error
    return found


def _regular_files(folder: Path, prefix: str) -> dict[str, int]:
    found = {}
    with os.scandir(folder) as entries:
        for number, entry in enumerate(entries):
            if number == MAX_FILES:
                raise bad_file(folder, f"it holds more than {MAX_FILES:,} files")
            if entry.is_file():
                found[prefix + entry.name] = entry.stat().st_size
    return found
