"""What the engine is told of a scaling of positions, and what it does to a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.engine.llama.rope import Rope, rope_of
from hearth.models.gguf.info import ModelInfo, inspect
from hearth.plan.rope import RopeScaling


def told(info: ModelInfo, text: str) -> Rope:
    rope = rope_of(RopeScaling.parse(text), info)
    assert rope is not None
    return rope


def test_nothing_is_told_where_nobody_asked(pico_path: Path) -> None:
    assert rope_of(None, inspect(pico_path)) is None


def test_linear_and_yarn_divide_positions(pico_path: Path) -> None:
    info = inspect(pico_path)
    assert told(info, "linear:4") == Rope(
        scaling="linear", freq_scale=0.25, original_context=info.context_length
    )
    assert told(info, "yarn:2") == Rope(scaling="yarn", freq_scale=0.5, original_context=512)


def test_ntk_stretches_the_longest_wavelength_by_the_factor(pico_path: Path) -> None:
    rope = told(inspect(pico_path), "ntk:4")
    size = 16  # of pico's heads
    longest = [base ** ((size - 2) / size) for base in (10_000.0, rope.freq_base)]
    assert longest[1] / longest[0] == pytest.approx(4.0)
    assert (rope.scaling, rope.freq_scale) == ("none", 1.0)


def test_a_file_that_scales_is_scaled_further_from_where_it_was_trained(pico_path: Path) -> None:
    info = inspect(pico_path)
    assert info.rotary is not None
    rotary = replace(info.rotary, scaling="yarn", factor=4.0, original_context=128)
    rope = told(replace(info, rotary=rotary), "yarn:2")
    assert rope == Rope(scaling="yarn", freq_scale=1 / 8, original_context=128)
