"""Which build of the engine is installed, told from its files and without loading it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from pathlib import Path

PACKAGE, DISTRIBUTION = "llama_cpp", "llama-cpp-python"


def engine_build() -> str | None:
    """Return a name that changes when the engine is built anew; None where there is none."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "lib"
    kernels = [path for path in folder.glob("*ggml*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in kernels)
    newest = max((path.stat().st_mtime_ns for path in kernels), default=0)
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        version = "of unknown version"
    return f"{DISTRIBUTION} {version} ({size:x}-{newest:x})"
