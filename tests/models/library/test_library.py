"""Finding models by name: which there are, what they are called, what is suggested."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.errors import ModelNotFound
from hearth.models.library import Library
from hearth.models.sources.tree import MAX_DEPTH


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "my models"
    found.mkdir()
    return found


@pytest.fixture
def config(folder: Path) -> Config:
    config = load_config(model_folders=[folder])
    config.models_dir.mkdir(parents=True)
    return config


def put(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    own = hashlib.sha256(str(path).encode()).digest()  # the same bytes would be the same model
    path.write_bytes((own * size)[:size])
    return path


def names(config: Config) -> list[str]:
    return [entry.name for entry in Library(config).list() if entry.source != "starter package"]


@pytest.mark.starter
def test_starter_is_found_first_and_without_importing_it(starter_path: Path) -> None:
    first = Library(load_config()).list()[0]
    assert (first.name, first.source) == ("starter", "starter package")
    assert first.path == starter_path
    assert first.size_bytes == starter_path.stat().st_size


def test_names_are_paths_without_suffix(config: Config, folder: Path) -> None:
    put(config.models_dir / "org" / "Big Model.Q4_0.gguf")
    put(config.models_dir / "b.GGUF")
    put(folder / "a.gguf")
    put(folder / "readme.md")
    assert names(config) == ["b", "org/Big Model.Q4_0", "a"]


def test_same_name_twice_is_told_apart(config: Config, folder: Path) -> None:
    put(config.models_dir / "a.gguf", 10)
    put(folder / "a.gguf", 20)
    library = Library(config)
    assert names(config) == ["a", "my models/a"]
    assert library.resolve("a").size_bytes == 10
    assert library.resolve("my models/a").size_bytes == 20


def test_same_file_twice_is_listed_once(config: Config, folder: Path) -> None:
    (folder / "link.gguf").symlink_to(put(config.models_dir / "a.gguf"))
    assert names(config) == ["a"]


def test_parts_are_one_model(config: Config) -> None:
    for number in (1, 2, 3):
        put(config.models_dir / f"big-0000{number}-of-00003.gguf", 10)
    (entry,) = [each for each in Library(config).list() if each.name == "big"]
    assert entry.size_bytes == 30
    assert entry.path.name == "big-00001-of-00003.gguf"


def test_what_is_no_file_is_left_out(config: Config) -> None:
    (config.models_dir / "folder.gguf").mkdir()
    (config.models_dir / "dangling.gguf").symlink_to(config.models_dir / "nowhere")
    deep = config.models_dir.joinpath(*["d"] * (MAX_DEPTH + 1))
    put(deep / "deep.gguf")
    assert names(config) == []


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    assert names(load_config(model_folders=[tmp_path / "absent"])) == []


def test_resolve_ignores_case_when_that_is_clear(config: Config) -> None:
    put(config.models_dir / "Llama.gguf")
    assert Library(config).resolve("llama").name == "Llama"
    put(config.models_dir / "sub" / "x.gguf")
    assert Library(config).resolve("SUB/X").name == "sub/x"


def test_resolve_prefers_the_exact_name(config: Config) -> None:
    put(config.models_dir / "a.gguf", 1)
    put(config.models_dir / "A.gguf", 2)
    assert Library(config).resolve("A").size_bytes == 2


def test_resolve_a_path(tmp_path: Path, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "elsewhere.gguf", 7)
    monkeypatch.chdir(tmp_path)
    for given in (str(path), "elsewhere.gguf", "./elsewhere.gguf"):
        entry = Library(config).resolve(given)
        assert (entry.path, entry.source, entry.size_bytes) == (path, "path", 7)


def test_resolve_keeps_to_the_library_where_paths_are_not_allowed(
    tmp_path: Path, config: Config
) -> None:
    path = put(tmp_path / "secret.gguf")
    with pytest.raises(ModelNotFound):
        Library(config).resolve(str(path), allow_path=False)


def test_nearest_names_are_suggested(config: Config) -> None:
    for name in ("Qwen3-4B", "Qwen3-8B", "gemma"):
        put(config.models_dir / f"{name}.gguf")
    with pytest.raises(ModelNotFound, match="no model 'qwen3'") as caught:
        Library(config).resolve("qwen3")
    assert "Qwen3-4B" in (caught.value.hint or "")
    assert caught.value.param == "model"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../no/such/file",
        "/etc",
        "a\0b",
        "x" * 10_000,
        "~nobody-like-this/x",
        "s\x1b[2Jtarter",
    ],
)
def test_q14_strange_names_are_not_found(config: Config, name: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        Library(config).resolve(name)
    assert len(caught.value.message) < 200
    assert "\x1b" not in caught.value.message
