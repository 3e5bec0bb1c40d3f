"""How the engine is built, and whether what was built computes."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from hearth.engine import native
from hearth.engine.llama.trial import multiply_once


def test_the_recipe_is_one_option_wherever_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Path("/home/a person's/site packages/llama_cpp.cmake")
    monkeypatch.setattr(native, "RECIPE", recipe)
    first, second, third = shlex.split(native.cmake_options("-DGGML_CUDA=on"))
    assert (first, third) == (native.NATIVE, "-DGGML_CUDA=on")
    assert second == f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={recipe.as_posix()}"


def test_the_recipe_and_what_it_adds_come_with_the_package() -> None:
    added = native.RECIPE.with_name("tiles.h")
    assert added.name in native.RECIPE.read_text("utf-8")
    assert "ldtilecfg" in added.read_text("utf-8")


@pytest.mark.tiny
def test_this_engine_multiplies_in_every_order() -> None:
    multiply_once()
