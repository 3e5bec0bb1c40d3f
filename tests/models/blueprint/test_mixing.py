"""The mixing rules against the engine: the type of each tensor, as it decides for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.models.blueprint import (
    Blueprint,
    PublicModel,
    mixes,
    public_model,
    public_models,
    quantized,
    write_stand_in,
)
from support.blueprints import ask_engine, tiny

# Together they reach every rule: keys and values in one matrix, latent ones, eight experts and
# more, layers without attention, widths that do not divide, the 70B with its shared values.
REACHING = (
    "Llama-3.2-1B",
    "Phi-3-mini-4k-instruct",
    "DeepSeek-V2-Lite",
    "gpt-oss-20b",
    "Mixtral-8x7B-v0.1",
    "Llama-3.1-70B",
    "LFM2-1.2B",
)


def differences(path: Path, model: Blueprint) -> list[str]:
    """Ask the engine for every quantization of a model; list the tensors of another type."""
    write_stand_in(path, quantized(model, "F16"))
    real = ask_engine("quantize_run.py", path, [(mix.file_type, mix.is_pure) for mix in mixes()])
    return [
        f"{mix.name} {tensor}: {kind.name} is {types.get(tensor)}"
        for mix, types in zip(mixes(), real, strict=True)
        for tensor, kind in quantized(model, mix.name).types.items()
        if types.get(tensor) != kind.name
    ]


@pytest.mark.tiny
@pytest.mark.parametrize("name", REACHING)
def test_each_tensor_has_the_type_that_the_engine_gives_it(tmp_path: Path, name: str) -> None:
    assert differences(tmp_path / "whole.gguf", public_model(name).blueprint) == []


@pytest.mark.tiny
@pytest.mark.parametrize("width", [288, 240])
def test_rows_that_no_block_divides_fall_back(tmp_path: Path, width: int) -> None:
    model = tiny("Llama-3.1-8B", width=width, head_size=width // 4)
    assert differences(tmp_path / "whole.gguf", model) == []


@pytest.mark.tiny
@pytest.mark.slow
@pytest.mark.parametrize("model", public_models(), ids=lambda model: model.name)
def test_every_model_is_mixed_as_the_engine_does(tmp_path: Path, model: PublicModel) -> None:
    assert differences(tmp_path / "whole.gguf", model.blueprint) == []


def test_quantizations_are_listed_from_the_largest() -> None:
    model = public_model("Llama-3.1-8B").blueprint
    usual = [mix for mix in mixes() if not mix.is_pure]
    sizes = [quantized(model, mix.name).header.size_bytes for mix in usual]
    assert sizes[0] == max(sizes)
    assert sizes[-1] == min(sizes)
