"""LoRA adapters against their base: what they change, and those that do not fit (G27)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from hearth.errors import AdapterIncompatible
from hearth.models.inside.adapter import AdapterChange, adapter_changes
from support.tensor_files import as_hub, llama_arrays, opened, write_folder, write_gguf, write_lora

RNG = np.random.default_rng(5)
Q, V = "blk.0.attn_q.weight", "blk.1.attn_v.weight"
ALPHA = 16.0


def thin(rows: int, columns: int) -> np.ndarray:
    return RNG.standard_normal((rows, columns)).astype(np.float32) / 50


GOOD = {
    f"{Q}.lora_a": thin(4, 64),
    f"{Q}.lora_b": thin(64, 4),
    f"{V}.lora_a": thin(4, 64),
    f"{V}.lora_b": thin(32, 4),
}


def changes(base: Path, adapter: Path) -> tuple[AdapterChange, ...]:
    with opened(base) as below, opened(adapter) as above:
        return adapter_changes(below, above)


def expected(arrays: dict[str, np.ndarray], name: str) -> float:
    product = ALPHA / 4 * (GOOD[f"{name}.lora_b"] @ GOOD[f"{name}.lora_a"])
    return float(np.linalg.norm(product) / np.linalg.norm(arrays[name]))


def test_what_an_adapter_changes(tmp_path: Path) -> None:
    arrays = llama_arrays()
    base = write_gguf(tmp_path / "base.gguf", arrays)
    found = changes(base, write_lora(tmp_path / "lora.gguf", GOOD, alpha=ALPHA))
    assert [(each.name, each.rank) for each in found] == [(Q, 4), (V, 4)]
    for each in found:
        assert each.relative_change == pytest.approx(expected(arrays, each.name), rel=1e-5)


@pytest.mark.parametrize("base_is_gguf", [False, True])
def test_an_adapter_of_peft(tmp_path: Path, base_is_gguf: bool) -> None:
    arrays = llama_arrays()
    folder = tmp_path / "lora"
    folder.mkdir()
    settings = {"peft_type": "LORA", "r": 4, "lora_alpha": ALPHA, "target_modules": ["v_proj"]}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    stem = "base_model.model.model.layers.1.self_attn.v_proj"
    save_file(
        {
            f"{stem}.lora_A.weight": GOOD[f"{V}.lora_a"],
            f"{stem}.lora_B.weight": GOOD[f"{V}.lora_b"],
        },
        folder / "adapter_model.safetensors",
    )
    if base_is_gguf:
        base = write_gguf(tmp_path / "base.gguf", arrays)
    else:
        base = write_folder(tmp_path / "base", as_hub(arrays))
    (found,) = changes(base, folder)
    assert found.name == (V if base_is_gguf else "model.layers.1.self_attn.v_proj.weight")
    assert found.relative_change == pytest.approx(expected(arrays, V), rel=1e-5)


def test_embeddings_are_changed_the_other_way_round(tmp_path: Path) -> None:
    name = "token_embd.weight"
    lora = {f"{name}.lora_a": thin(4, 32), f"{name}.lora_b": thin(64, 4)}
    base = write_gguf(tmp_path / "base.gguf", llama_arrays())
    (found,) = changes(base, write_lora(tmp_path / "lora.gguf", lora, alpha=ALPHA))
    assert found.name == name


def without(name: str) -> dict[str, np.ndarray]:
    return {key: array for key, array in GOOD.items() if key != name}


UNFIT = {
    "rank mismatch": (GOOD | {f"{Q}.lora_b": thin(64, 8)}, r"shapes \(4, 64\) and \(64, 8\)"),
    "another width": (
        GOOD | {f"{Q}.lora_a": thin(4, 128)},
        r"blk\.0\.attn_q\.weight as \(64, 128\), and the model has \(64, 64\)",
    ),
    "name absent": (
        {"blk.7.attn_q.weight.lora_a": thin(4, 64), "blk.7.attn_q.weight.lora_b": thin(64, 4)},
        r"blk\.7\.attn_q\.weight, which the model does not have",
    ),
    "half missing": (without(f"{V}.lora_b"), r"blk\.1\.attn_v\.weight one is missing"),
    "no part of an adapter": (GOOD | {"extra": thin(2, 2)}, "extra is no part"),
    "not a number": (
        GOOD | {f"{V}.lora_a": np.full((4, 64), np.nan, np.float32)},
        r"blk\.1\.attn_v\.weight\.lora_a holds what is no number",
    ),
}


@pytest.mark.parametrize("name", UNFIT)
def test_g27_adapters_that_do_not_fit(tmp_path: Path, name: str) -> None:
    arrays, reason = UNFIT[name]
    base = write_gguf(tmp_path / "base.gguf", llama_arrays())
    adapter = write_lora(tmp_path / "lora.gguf", arrays, alpha=ALPHA)
    with pytest.raises(AdapterIncompatible, match=reason):
        changes(base, adapter)


def test_g27_adapter_for_another_architecture(tmp_path: Path) -> None:
    base = write_gguf(tmp_path / "base.gguf", llama_arrays())
    adapter = write_lora(tmp_path / "lora.gguf", GOOD, alpha=ALPHA, architecture="qwen2")
    with pytest.raises(AdapterIncompatible, match="made for qwen2, and the model is llama"):
        changes(base, adapter)


def test_a_model_is_no_adapter(tmp_path: Path) -> None:
    base = write_gguf(tmp_path / "base.gguf", llama_arrays())
    with pytest.raises(AdapterIncompatible, match="no LoRA adapter"):
        changes(base, base)
