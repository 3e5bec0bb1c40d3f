"""`hearth models`: import, remove, restore, verify, gc, list and path."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.command import Hearth
from support.stores import put_in_hub_cache, put_in_ollama, sha256


@pytest.fixture
def model(tmp_path: Path, pico_path: Path) -> Path:
    return Path(shutil.copy(pico_path, tmp_path / "downloaded.gguf"))


def test_a_model_comes_goes_and_comes_back(hearth: Hearth, model: Path, own_home: Path) -> None:
    result = hearth("models", "import", str(model), "--name", "my/pico")
    path = own_home / "models" / "my" / "pico.gguf"
    assert (result.status, result.out) == (0, f"{path}\n")
    assert "hearth run my/pico" in result.err
    assert hearth("models", "path", "my/pico").out == f"{path}\n"

    result = hearth("models", "remove", "my/pico")
    assert result.status == 0
    assert "hearth models restore my/pico" in result.err
    assert hearth("models", "path", "my/pico").status == 1
    assert "my/pico" in hearth("models", "restore").out
    (removed,) = json.loads(hearth("models", "restore", "--json").out)
    assert (removed["name"], removed["paths"]) == ("my/pico", [str(path)])
    assert hearth("models", "restore", "my/pico").err == "my/pico is back.\n"
    assert hearth("models", "path", "my/pico").status == 0
    assert hearth("models", "restore").err == "The trash is empty.\n"


def test_the_list_tells_what_a_model_is(hearth: Hearth, model: Path) -> None:
    hearth("models", "import", str(model), "--link", "--name", "pico")
    shown = hearth("models", "list").out
    (line,) = [line for line in shown.splitlines() if line.startswith("pico")]
    assert line.split() == ["pico", "429", "KiB", "F32", "512", "hearth", "never"]
    listed = json.loads(hearth("models", "list", "--json").out)
    (entry,) = [entry for entry in listed if entry["name"] == "pico"]
    assert (entry["quantization"], entry["context_length"], entry["runs_here"]) == (
        "F32",
        512,
        True,
    )


def test_only_one_way_to_import(hearth: Hearth, model: Path) -> None:
    result = hearth("models", "import", str(model), "--link", "--move")
    assert result.status == 2
    assert "Only one of" in result.err


def test_other_programs_are_named(
    hearth: Hearth, tmp_path: Path, pico_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTH_OTHER_PROGRAMS", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    put_in_ollama(tmp_path / "ollama", pico_path.read_bytes())
    assert "ollama" in hearth("models", "list").out
    result = hearth("models", "remove", "pico:latest")
    assert result.status == 2
    assert "`ollama rm pico:latest`" in result.err


def test_verify_names_what_is_damaged(
    hearth: Hearth, tmp_path: Path, pico_path: Path, own_home: Path
) -> None:
    content = pico_path.read_bytes()
    link = put_in_hub_cache(tmp_path / "huggingface" / "hub", content)
    result = hearth("models", "verify", "acme/pico-GGUF/pico")
    assert result.status == 0
    assert result.out.split() == ["sound", sha256(content), str(link)]
    link.resolve().write_bytes(content[:-1] + b"\1")
    result = hearth("models", "verify", "acme/pico-GGUF/pico", "--json")
    assert result.status == 1
    (file,) = json.loads(result.out)["files"]
    assert (file["expected"], file["is_repaired"]) == (sha256(content), False)
    assert "Error: " in result.err
    assert "is damaged" in result.err


def test_gc_says_what_it_gave_back(hearth: Hearth, model: Path) -> None:
    hearth("models", "import", str(model), "--name", "pico")
    hearth("models", "remove", "pico")
    assert json.loads(hearth("models", "gc", "--json").out)["emptied"] == []
    result = hearth("models", "gc", "--all")
    assert result.out == "deleted  pico\n"
    assert "429 KiB given back" in result.err
