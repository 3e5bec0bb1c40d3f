"""The command that builds the engine anew for this machine."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import sys

from hearth.engine.native import cmake_options

_PACKAGE = "llama-cpp-python"
_OPTIONS = {"oneapi": "sycl"}  # where the option is called after the language, as the engine does


def build_command(kind: str) -> str:
    """Return Hearth's own command that builds the engine for a kind of accelerator."""
    return f"hearth engine build --{_OPTIONS.get(kind, kind)}"


def rebuild_command() -> str:
    """Return the command to type, for this system's shell."""
    options = cmake_options()
    pip = (
        f"{shlex.quote(sys.executable)} -m pip install --force-reinstall --no-deps --no-cache-dir "
        f"--no-binary {_PACKAGE} '{pinned_requirement()}'"
    )
    if os.name == "nt":
        return f'set "CMAKE_ARGS={options}" && {pip}'.replace("'", '"')
    return f"CMAKE_ARGS={shlex.quote(options)} {pip}"


def pinned_requirement() -> str:
    """Return the version that Hearth is pinned to, from its own metadata."""
    for requirement in importlib.metadata.requires("hearth-llm") or []:
        if requirement.startswith(f"{_PACKAGE}=="):
            return requirement
    return _PACKAGE
