"""`hearth engine`: what it was built for, and the plan to build it anew."""

from __future__ import annotations

import json

import pytest

from support.command import Hearth


@pytest.mark.tiny
def test_the_engine_says_what_it_was_built_for(hearth: Hearth) -> None:
    assert hearth("engine").out.startswith("llama-cpp-python 0.3.36 ")
    told = json.loads(hearth("engine", "--json").out)
    assert told["problem"] is None
    assert told["flags"] == sorted(told["flags"])


def test_a_build_is_shown_before_it_is_run(hearth: Hearth) -> None:
    shown = hearth("engine", "build", "--dry-run")
    assert shown.status == 0
    assert "CMAKE_ARGS='-DGGML_NATIVE=on -DCMAKE_PROJECT_llama_cpp_INCLUDE=" in shown.out
    assert "pip wheel" in shown.out


def test_the_engine_is_built_for_one_kind(hearth: Hearth) -> None:
    result = hearth("engine", "build", "--cuda", "--vulkan")
    assert result.status == 2
    assert "2 kinds of GPU are given" in result.err
