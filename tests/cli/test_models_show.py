"""`hearth models show`: the card in the terminal and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth
from support.hub_folders import write_hub_model
from support.pickles import Called, Imported, write_checkpoint
from support.pico_families import PICO_FAMILIES, write_family


def test_the_card_of_a_gguf(hearth: Hearth, tmp_path: Path) -> None:
    family = next(family for family in PICO_FAMILIES if family.architecture == "qwen3moe")
    path = write_family(tmp_path / "pico.gguf", family)
    shown = hearth("models", "show", str(path))
    for expected in (
        "Pico qwen3moe",
        "GGUF model",
        "8, of which a token uses 2",
        "4 heads of 32, 2 for keys and values (2 share one)",
        "512 tokens",
        "F16, 16.00 bits per weight",
        "apache-2.0",
        "yes, with llama.cpp",
    ):
        assert expected in shown.out
    assert shown.err == ""


def test_the_card_of_a_folder_says_how_to_convert_it(hearth: Hearth, tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "pico", "gemma3_text", shards=2)
    shown = hearth("models", "show", str(folder)).out
    assert "safetensors model" in shown
    assert "look back over 64 tokens only" in shown
    assert "no: Hearth's engine reads GGUF files" in shown
    assert f"convert_hf_to_gguf.py {folder}" in shown


def test_a_dangerous_file_is_named_as_such(hearth: Hearth, tmp_path: Path) -> None:
    state = {"a": Called(Imported("os", "system"), "true")}
    path = write_checkpoint(tmp_path / "model.bin", state)
    shown = hearth("models", "show", str(path))
    assert "PyTorch pickle" in shown.out
    assert "Danger: loading it would call os.system" in shown.err


def test_the_card_as_json(hearth: Hearth, tmp_path: Path) -> None:
    path = write_family(tmp_path / "pico.gguf", PICO_FAMILIES[0])
    told = json.loads(hearth("models", "show", str(path), "--json").out)
    assert told["card"]["num_heads"] == 4
    assert told["card"]["tensors"] > 30
    assert told["card"]["runs_here"] == "llama.cpp"
    assert told["family"] == "llama"
    assert told["fetched_bytes"] == 0


@pytest.mark.starter
def test_the_card_of_the_starter(hearth: Hearth, starter_path: Path) -> None:
    shown = hearth("models", "show", "starter").out
    assert "135M (134,515,008)" in shown
    assert "SmolLM" in shown
    assert "9 heads of 64, 3 for keys and values" in shown
