"""The library's models that the engine runs, each with what its header tells of its work.

Headers are read once for each state of a file; the weights are never touched.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearth.errors import HearthError
from hearth.models.gguf.parts import read_parts
from hearth.models.library import Library, ModelEntry
from hearth.plan.choose.subject import Subject, subject_of_headers

State = tuple[Path, int, int]  # of a file: where it lies, its size, when it was changed


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model that lies here, with what its header tells: all that there is to plan with."""

    name: str
    subject: Subject


class LocalModels:
    """Reads the headers of a library's models; may be asked from any thread.

    Args:
        library: Says which models are here.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._read: dict[State, LocalModel | None] = {}
        self._lock = threading.Lock()

    def all(self) -> tuple[LocalModel, ...]:
        """Return the models that can be planned, by name; those that cannot be read are left out.

        Raises:
            HearthError: The library cannot be read.
        """
        with self._lock:
            entries = [entry for entry in self._library.refresh() if entry.format == "gguf"]
            known = dict(self._known(entries))
            self._read = known
        found = (model for model in known.values() if model is not None)
        return tuple(sorted(found, key=lambda model: model.name.casefold()))

    def _known(self, entries: list[ModelEntry]) -> Iterator[tuple[State, LocalModel | None]]:
        for entry in entries:
            try:
                stat = entry.path.stat()
            except OSError:
                continue  # it is gone since the library was read
            state = (entry.path, stat.st_size, stat.st_mtime_ns)
            known = self._read.get(state)
            if state not in self._read or (known is not None and known.name != entry.name):
                known = _read(entry)
            yield state, known


def _read(entry: ModelEntry) -> LocalModel | None:
    try:
        headers = read_parts(entry.path)
        subject = subject_of_headers(
            headers, name=entry.name, source="its header", identity=entry.identity or ""
        )
    except HearthError:
        return None  # the Models page says what is wrong with it
    if subject.info.cannot_chat:
        return None
    return LocalModel(name=entry.name, subject=subject)
