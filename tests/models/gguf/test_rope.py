"""How a file says that its model knows positions."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.errors import BadModelFile
from hearth.models.gguf.info import inspect
from hearth.models.gguf.rope import RotaryPositions
from support.gguf_bytes import F32, WIDTH, entry, model_entries, model_file, text, u32, value, whole


def rotary(tmp_path: Path, architecture: str = "llama", /, **changes: bytes) -> object:
    path = tmp_path / "model.gguf"
    path.write_bytes(model_file(architecture, **changes))
    return inspect(path).rotary


def number(key: str, amount: float) -> bytes:
    return entry(f"llama.rope.{key}", F32, value(F32, amount))


def test_usual_positions(tmp_path: Path) -> None:
    assert rotary(tmp_path) == RotaryPositions(base=10_000.0, dimensions=16)


def test_what_the_file_says(tmp_path: Path) -> None:
    found = rotary(
        tmp_path,
        base=number("freq_base", 500_000.0),
        dimensions=u32("llama.rope.dimension_count", 8),
        kind=text("llama.rope.scaling.type", "yarn"),
        factor=number("scaling.factor", 4.0),
        original=u32("llama.rope.scaling.original_context_length", 32),
    )
    assert found == RotaryPositions(
        base=500_000.0, dimensions=8, scaling="yarn", factor=4.0, original_context=32
    )


def test_a_factor_alone_is_linear(tmp_path: Path) -> None:
    found = rotary(tmp_path, factor=number("scale_linear", 2.0))
    assert found == RotaryPositions(dimensions=16, scaling="linear", factor=2.0)


@pytest.mark.parametrize(("kind", "factor"), [("none", 4.0), ("yarn", 1.0), ("linear", 0.0)])
def test_what_scales_nothing_is_no_scaling(tmp_path: Path, kind: str, factor: float) -> None:
    found = rotary(
        tmp_path,
        kind=text("llama.rope.scaling.type", kind),
        factor=number("scaling.factor", factor),
    )
    assert found == RotaryPositions(dimensions=16)


def test_factors_of_its_own_need_no_number(tmp_path: Path) -> None:
    found = rotary(tmp_path, kind=text("llama.rope.scaling.type", "longrope"))
    assert found == RotaryPositions(dimensions=16, scaling="longrope")


def test_positions_known_otherwise(tmp_path: Path) -> None:
    assert rotary(tmp_path, "gpt2") is None
    path = tmp_path / "table.gguf"
    shapes = {"token_embd.weight": ((WIDTH, 10), 0), "position_embd.weight": ((WIDTH, 128), 0)}
    path.write_bytes(whole(model_entries(), shapes))
    assert inspect(path).rotary is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (number("freq_base", float("nan")), "freq_base is nan"),
        (number("scaling.factor", -1.0), "0 and more is possible"),
        (text("llama.rope.freq_base", "10000"), "not a number"),
    ],
)
def test_impossible_positions_are_refused(tmp_path: Path, change: bytes, reason: str) -> None:
    with pytest.raises(BadModelFile, match=reason):
        rotary(tmp_path, change=change)
