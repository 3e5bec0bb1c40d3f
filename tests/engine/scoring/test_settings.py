"""Scalings of positions: as text, and as the engine is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.engine.scoring import RopeScaling, ScoringSettings
from hearth.engine.scoring.planning import rope_fields
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import inspect
from hearth.models.gguf.parts import read_parts


@pytest.mark.parametrize("text", ["yarn:2", "ntk:4", "linear:1.5"])
def test_a_scaling_is_read_and_written(text: str) -> None:
    assert str(RopeScaling.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "yarn", "yarn:", "yarn:0.5", "yarn:nan", "other:2", "ntk:1e9"]
)
def test_what_is_no_scaling_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="METHOD:FACTOR"):
        RopeScaling.parse(text)


def test_linear_and_yarn_divide_positions(pico_path: Path) -> None:
    header, info = read_parts(pico_path)[0], inspect(pico_path)
    fields = rope_fields(RopeScaling.parse("linear:4"), header, info)
    assert (fields.scaling, fields.freq_base, fields.freq_scale) == ("linear", 0.0, 0.25)
    fields = rope_fields(RopeScaling.parse("yarn:2"), header, info)
    assert (fields.scaling, fields.freq_scale, fields.original_context) == ("yarn", 0.5, 512)


def test_ntk_stretches_the_longest_wavelength_by_the_factor(pico_path: Path) -> None:
    header, info = read_parts(pico_path)[0], inspect(pico_path)
    fields = rope_fields(RopeScaling.parse("ntk:4"), header, info)
    size = 16  # of pico's heads
    longest = [base ** ((size - 2) / size) for base in (10_000.0, fields.freq_base)]
    assert longest[1] / longest[0] == pytest.approx(4.0)
    assert fields.freq_scale == 1.0


@pytest.mark.parametrize("micro_batch", [0, 5000])
def test_a_batch_has_bounds(micro_batch: int) -> None:
    with pytest.raises(InvalidRequest):
        ScoringSettings(micro_batch=micro_batch)
