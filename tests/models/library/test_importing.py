"""Bringing models in: copied, linked, referred to or moved; whole, or not at all."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import stat
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound, RequestAborted, StoreError
from hearth.models.library import How, Library, importing
from support.pico import write_pico
from support.stores import Stores, put_in_lm_studio, put_in_ollama, sha256


@pytest.fixture
def model(tmp_path: Path, pico_path: Path) -> Path:
    return Path(shutil.copy(pico_path, tmp_path / "downloaded.gguf"))


@pytest.mark.parametrize("how", list(How))
def test_a_model_comes_in(library: Library, home_config: Config, model: Path, how: How) -> None:
    content, number = model.read_bytes(), model.stat().st_ino
    entry = library.import_(model, how=how, name="mine/pico")
    assert (entry.name, entry.path) == ("mine/pico", home_config.models_dir / "mine/pico.gguf")
    assert entry.path.read_bytes() == content
    assert entry.architecture == "llama"
    assert model.exists() == (how is not How.MOVE)
    assert entry.path.is_symlink() == (how is How.REFERENCE)
    assert (entry.path.stat().st_ino == number) == (how is not How.COPY)
    assert entry.is_verified == (how is How.COPY)
    if how is How.COPY:
        assert entry.digest == sha256(content)
    assert library.resolve("mine/pico") == entry
    assert not list(home_config.models_dir.glob(".*"))


def test_the_name_is_that_of_the_file_by_default(library: Library, model: Path) -> None:
    assert library.import_(model).name == "downloaded"


def test_a_blob_without_a_suffix_gets_one(
    library: Library, stores: Stores, pico_path: Path
) -> None:
    blob = put_in_ollama(stores.ollama, pico_path.read_bytes())
    entry = library.import_(blob, how=How.REFERENCE, name="pico")
    assert entry.path.name == "pico.gguf"
    assert entry.path.resolve() == blob


def test_all_parts_come_in(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    write_pico(folder / "big.gguf", tensors_per_file=8)
    first = min(folder.iterdir())
    entry = library.import_(first, name="whole")
    assert [file.path.name for file in entry.locations[0].files] == [
        path.name.replace("big", "whole") for path in sorted(folder.iterdir())
    ]
    assert entry.is_verified
    shutil.rmtree(folder / first.name, ignore_errors=True)
    max(folder.iterdir()).unlink()
    with pytest.raises(ModelNotFound, match="Parts of the model are missing"):
        library.import_(first, name="again")


def test_what_is_no_model_does_not_come_in(library: Library, tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<html>")
    with pytest.raises(BadModelFile, match="a web page"):
        library.import_(page)
    with pytest.raises(ModelNotFound):
        library.import_(tmp_path / "absent.gguf")
    with pytest.raises(InvalidRequest, match="is a folder"):
        library.import_(tmp_path)


def test_r22_a_pickle_does_not_come_in(
    library: Library, home_config: Config, tmp_path: Path
) -> None:
    path = tmp_path / "pytorch_model.bin"
    path.write_bytes(pickle.dumps({"weight": [1.0]}))
    with pytest.raises(BadModelFile):
        library.import_(path)
    assert not list(home_config.models_dir.iterdir())


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a//b", "a/../b", ".hidden", "a\\b", "a:b", "a\nb", "x" * 300, "a/", "starter"],
)
def test_d10_names_stay_in_the_folder(
    library: Library, home_config: Config, model: Path, name: str
) -> None:
    with pytest.raises(InvalidRequest, match="cannot be called"):
        library.import_(model, name=name)
    assert not list(home_config.models_dir.iterdir())


def test_a_name_that_is_taken(library: Library, model: Path) -> None:
    library.import_(model, name="a")
    before = library.resolve("a").path.stat()
    with pytest.raises(InvalidRequest, match="is there already"):
        library.import_(model, name="a")
    assert library.resolve("a").path.stat() == before


def test_what_lay_there_before_is_forgotten(
    library: Library, home_config: Config, model: Path, pico_path: Path
) -> None:
    path = home_config.models_dir / "a.gguf"
    shutil.copy(model, path)
    library.register(path, "https://example.org/a.gguf", {path: "0" * 64})
    assert not library.verify("a").is_sound
    library.remove("a")
    library.import_(model, name="a")
    assert library.verify("a").is_sound


def test_a_file_of_another_program_is_not_moved(
    library: Library, stores: Stores, pico_path: Path
) -> None:
    theirs = put_in_lm_studio(stores.lm_studio, pico_path.read_bytes())
    with pytest.raises(InvalidRequest, match="belongs to another program") as caught:
        library.import_(theirs, how=How.MOVE)
    assert "acme/pico-GGUF/pico" in (caught.value.hint or "")
    assert theirs.exists()


def test_a_cancelled_import_leaves_nothing(
    library: Library, home_config: Config, model: Path
) -> None:
    with pytest.raises(RequestAborted):
        library.import_(model, cancelled=lambda: True)
    assert not list(home_config.models_dir.iterdir())


def test_d1_a_disk_without_room_is_noticed_first(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"GB are needed"):
        importing.check_space(tmp_path, 1 << 60)
    importing.check_space(tmp_path, 0)


def test_a_read_only_home_is_said_so(library: Library, home_config: Config, model: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    home_config.models_dir.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StoreError, match="cannot be imported"):
        library.import_(model)


def test_a_link_to_another_disk_is_explained(home_config: Config, model: Path) -> None:
    plan = importing.plan_import(model, home_config.models_dir, How.LINK, "x")
    explained = importing._explained(OSError(errno.EXDEV, "other disk"), plan)
    assert isinstance(explained, InvalidRequest)
    assert "--reference" in (explained.hint or "")
