"""The model that is to be quantized: found, checked, and read as far as its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.parts import read_parts
from hearth.models.labels import plain
from hearth.models.library import Library, ModelEntry
from hearth.models.validate import Validator


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceModel:
    """A model in GGUF that may be quantized.

    Args:
        entry: What the library knows of it.
        info: What it is.
        headers: Of each of its files.
    """

    entry: ModelEntry
    info: ModelInfo
    headers: tuple[GgufHeader, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Its files, the first one first."""
        return self.info.files


def find_source(model: str, config: Config, *, is_trusted: bool = True) -> SourceModel:
    """Return the model of a name or path, checked before native code sees it.

    Args:
        model: As for `Library.resolve`.
        config: Says where the library looks.
        is_trusted: False for requests over the network: they may not name paths.

    Raises:
        ModelNotFound: There is no such model.
        InvalidRequest: It is not in GGUF.
        BadModelFile: It is damaged, or no model of its own.
    """
    entry = Library(config).resolve(model, allow_path=is_trusted)
    if entry.path.is_dir() or entry.format not in (None, "gguf"):
        raise InvalidRequest(
            f"{plain(entry.name)!r} is in the format {entry.format or 'of a folder'}; the "
            "quantizer of llama.cpp reads GGUF.",
            hint="Make a GGUF of it first (llama.cpp's convert_hf_to_gguf.py), or pull one at F16 "
            "or BF16: hearth models search NAME.",
            param="model",
        )
    info = Validator().inspect(entry.path)
    return SourceModel(entry=entry, info=info, headers=read_parts(entry.path))
