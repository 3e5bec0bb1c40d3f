"""How the native engine is built: the options, and what Hearth adds to llama.cpp's own recipe."""

from __future__ import annotations

import shlex
from pathlib import Path

NATIVE = "-DGGML_NATIVE=on"  # for this very processor
RECIPE = Path(__file__).with_name("llama_cpp.cmake")


def cmake_options(*more: str) -> str:
    """Return the options that the engine is built with, for the variable CMAKE_ARGS.

    Args:
        more: Options for a kind of accelerator.
    """
    recipe = shlex.quote(f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={RECIPE.as_posix()}")
    return " ".join((NATIVE, recipe, *more))
