"""The formulas against the engine's own simulated allocation, over well-known public models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hearth.models.blueprint import PublicModel, public_models, quantized
from hearth.models.gguf.info import ModelInfo, describe
from hearth.plan.choices import fills_blocks
from hearth.plan.memory import MemoryNeed, has_formula, kept_sequences, memory_need
from support.simulations import simulations, write_header

SETTINGS: tuple[dict[str, Any], ...] = (
    {"cells": 4096, "sequences": 16},
    {"cells": 16_384, "sequences": 1},
    {"cells": 32_768, "sequences": 4, "kv_type": "q8_0"},
    {"cells": 8192, "sequences": 1, "flash_attention": "off"},
    {"cells": 512, "sequences": 64, "kv_type": "q4_0"},
)
TOLERANCE = 0.01


def test_enough_models_and_families_are_compared() -> None:
    models = public_models()
    assert len(models) >= 12
    assert all(model.source.startswith("https://") for model in models)
    assert len({model.facts.architecture for model in models}) >= 11


@pytest.mark.tiny
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_formula_and_engine_agree(tmp_path: Path, settings: dict[str, Any]) -> None:
    chosen: list[tuple[PublicModel, ModelInfo, MemoryNeed]] = []
    asked: list[tuple[Path, dict[str, Any]]] = []
    for model in public_models():
        file = quantized(model.blueprint, "Q4_K_M")
        info = describe(file.header)
        kv_type = settings.get("kv_type", "f16")
        # The engine takes recurrent states even in a simulation: let it be few.
        num_sequences = 1 if kept_sequences(info) == 1 else settings["sequences"]
        if not (has_formula(info) and fills_blocks(info, kv_type)):
            continue
        need = memory_need(
            info,
            cells=settings["cells"],
            num_sequences=num_sequences,
            micro_batch_tokens=512,
            kv_type=kv_type,
            flash_attention=settings.get("flash_attention") != "off",
        )
        sequences = num_sequences + kept_sequences(info)
        path = write_header(tmp_path / f"{model.name}.gguf", file)
        chosen.append((model, info, need))
        asked.append((path, settings | {"sequences": sequences}))
    assert len(chosen) >= 12
    for (model, _, need), theirs in zip(chosen, simulations(asked), strict=True):
        ours = need.parts() | {"overhead": 0, "tied_copy": 0}
        assert ours["weights"] == theirs["weights"], model.name
        for part in ("kv", "state", "output"):
            assert ours[part] == pytest.approx(theirs[part], rel=1e-3, abs=2**15), model.name
        total, wanted = sum(ours.values()), sum(theirs.values())
        assert total == pytest.approx(wanted, rel=TOLERANCE), f"{model.name}: {ours} {theirs}"
