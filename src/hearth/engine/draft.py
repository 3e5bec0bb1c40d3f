"""The small model that shall write ahead of another: from its name to what its header says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hearth.core import LoadOptions
from hearth.models.gguf.info import ModelInfo
from hearth.models.library import Library


def inspect_draft(
    options: LoadOptions | None, library: Library, inspect: Callable[[Path], ModelInfo]
) -> ModelInfo | None:
    """Return the draft model that was asked for; None if none was.

    Args:
        options: What a person asked for.
        library: Knows models by name.
        inspect: Reads a file's header.

    Raises:
        ModelNotFound: There is no such model.
        BadModelFile: The file is damaged.
    """
    if options is None or options.draft_model is None:
        return None
    return inspect(library.resolve(options.draft_model).path)
