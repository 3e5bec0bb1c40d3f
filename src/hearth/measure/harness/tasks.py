"""A folder of tasks, and the library that runs them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from pathlib import Path

from hearth.errors import InvalidRequest, SetupError

LIBRARY = "lm_eval"


def require_library() -> str:
    """Return the version of the library.

    Raises:
        SetupError: It is not installed.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        raise SetupError(
            "EleutherAI's lm-evaluation-harness is not installed.",
            hint="Install it with `pip install 'hearth-llm[harness]'`.",
        )
    return importlib.metadata.version(LIBRARY)


def digest_of_folder(folder: Path) -> str:
    """Return a digest of the names and contents of all files of a folder.

    Raises:
        InvalidRequest: It is no folder, or holds no task.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and _counts(path))
    if not any(path.suffix in (".yaml", ".yml") for path in files):
        raise InvalidRequest(
            f"{folder} holds no task: a folder with YAML files as lm-evaluation-harness reads them "
            "is needed.",
            hint="`hearth guide harness` shows a task with its own data.",
            param="tasks_folder",
        )
    whole = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{content} {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()


def _counts(path: Path) -> bool:
    return "__pycache__" not in path.parts
