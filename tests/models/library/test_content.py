"""One library keyed by content: the same bytes in several places are one model."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.core import GenerateRequest, SamplingParams
from hearth.engine.local import LocalEngine
from hearth.errors import InvalidRequest, ModelNotFound
from hearth.models.library import Library
from hearth.models.library.identity import HEAD_BYTES, NUM_BLOCKS, sample
from hearth.models.sources import Source
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


def entries(library: Library) -> dict[str, set[str]]:
    """Return the sources of each model by its name, packages left out."""
    listed = [entry for entry in library.list() if "package" not in entry.source]
    return {entry.name: {str(each.source) for each in entry.locations} for entry in listed}


@contextmanager
def opened_files() -> Iterator[list[str]]:
    """Collect the paths that this process opens meanwhile; the hook itself stays, and is idle."""
    opened: list[str] = []
    active = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if active and event == "open" and isinstance(arguments[0], (str, bytes)):
            opened.append(os.fsdecode(arguments[0]))

    sys.addaudithook(hook)
    try:
        yield opened
    finally:
        active = False


def everything(root: Path) -> dict[Path, tuple[int, int]]:
    found = sorted(root.rglob("*"))
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in found}


# -- the same bytes --


def test_the_same_bytes_in_four_stores_are_one_model(library: Library, stores: Stores) -> None:
    put_in_ollama(stores.ollama, CONTENT)
    put_in_lm_studio(stores.lm_studio, CONTENT)
    put_in_hub_cache(stores.hub, CONTENT)
    put_in_llama_cpp(stores.llama_cpp, CONTENT)
    assert entries(library) == {
        "acme/pico-GGUF/pico": {Source.LM_STUDIO, Source.HUB_CACHE, Source.OLLAMA, Source.LLAMA_CPP}
    }
    (entry,) = [each for each in library.list() if "package" not in each.source]
    assert (entry.digest, entry.is_verified) == (sha256(CONTENT), False)
    assert entry.size_bytes == len(CONTENT)
    assert library.with_digest(sha256(CONTENT)) == entry
    assert library.locations(entry.name) == entry.locations


def test_one_byte_makes_another_model(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    put_in_hub_cache(stores.hub, CONTENT[:-1] + b"\1")
    assert len(entries(library)) == 2


def test_d8_a_claim_joins_no_other_bytes(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    blob = put_in_ollama(stores.ollama, CONTENT)
    blob.write_bytes(bytes(len(CONTENT)))  # the name still says what it was
    assert len(entries(library)) == 2


def test_every_name_of_a_model_finds_it(library: Library, stores: Stores) -> None:
    in_ollama = put_in_ollama(stores.ollama, CONTENT)
    in_lm_studio = put_in_lm_studio(stores.lm_studio, CONTENT)
    in_hub = put_in_hub_cache(stores.hub, CONTENT)
    spellings = {
        "acme/pico-GGUF/pico": in_lm_studio,
        "ACME/pico-gguf/PICO": in_lm_studio,
        "pico:latest": in_lm_studio,
        "ollama:pico": in_ollama,
        "ollama:library/pico:latest": in_ollama,
        "lmstudio:acme/pico-GGUF": in_lm_studio,
        "lmstudio:acme/pico-GGUF/pico.gguf": in_lm_studio,
        "hf:acme/pico-GGUF": in_hub,
        "hf:acme/pico-GGUF:pico.gguf": in_hub,
        "hf:acme/pico-GGUF@main": in_hub,
        f"hf:acme/pico-GGUF@{COMMIT}": in_hub,
        str(in_hub): in_hub,
    }
    found = {text: library.resolve(text) for text in spellings}
    assert {text: entry.path for text, entry in found.items()} == spellings
    assert {entry.name for entry in found.values()} == {"acme/pico-GGUF/pico"}
    assert {text: library.locate(text).path for text in spellings} == spellings | {
        "pico:latest": in_ollama
    }


@pytest.mark.parametrize(
    "name", ["ollama:absent", "hf:acme/absent", "hf:acme/pico-GGUF@other", "lmstudio:a/b"]
)
def test_what_is_not_here_is_not_found(library: Library, stores: Stores, name: str) -> None:
    put_in_hub_cache(stores.hub, CONTENT)
    with pytest.raises(ModelNotFound) as caught:
        library.resolve(name)
    if name.startswith("hf:"):
        assert caught.value.hint == f"Fetch it first: `hearth models pull {name}`."


def test_a_loose_quantization_is_the_best_file_and_says_why(
    library: Library, stores: Stores
) -> None:
    for label in ("Q4_0", "Q4_K_M", "Q8_0"):
        put_in_hub_cache(stores.hub, CONTENT + label.encode(), f"pico-{label}.gguf")
    found = library.resolve("hf:acme/pico-GGUF:Q4")
    assert found.path.name == "pico-Q4_K_M.gguf"
    assert "Q4_K_M is the best of those that Q4 can mean (Q4_K_M, Q4_0)" in (found.reason or "")
    with pytest.raises(InvalidRequest, match="there is Q4_K_M, Q4_0, Q8_0"):
        library.resolve("hf:acme/pico-GGUF:Q5")


def test_two_models_of_one_name_are_told_apart(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    put_in_hub_cache(stores.hub, CONTENT * 2)
    assert set(entries(library)) == {"acme/pico-GGUF/pico", "hub/acme/pico-GGUF/pico"}


# -- done when: runs from each place, nothing copied --


@pytest.mark.tiny
async def test_a_model_runs_from_each_store_and_nothing_is_copied(
    home_config: Config, stores: Stores, pico_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = put_everywhere(stores, pico_path)
    user = stores.ollama.parent
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.setenv("OLLAMA_MODELS", str(stores.ollama))
    monkeypatch.setenv("HF_HUB_CACHE", str(stores.hub))
    (user / ".lmstudio").mkdir()
    settings = {"downloadsFolder": str(stores.lm_studio)}
    (user / ".lmstudio" / "settings.json").write_text(json.dumps(settings))
    before = everything(user)
    config = home_config.model_copy(update={"other_programs": True})

    listed = [each for each in Library(config).list() if "package" not in each.source]
    assert [len(each.locations) for each in listed] == [3]
    engine = LocalEngine(config)
    try:
        texts = {
            name: await answer(engine, name, expected_path)
            for name, expected_path in expected.items()
        }
    finally:
        await engine.close()
    assert len(set(texts.values())) == 1
    assert everything(user) == before
    assert not list(config.models_dir.iterdir())
    used = [each for each in Library(config).list() if "package" not in each.source]
    assert used[0].last_used_s is not None


def put_everywhere(stores: Stores, model: Path) -> dict[str, Path]:
    """Lay a model out in three stores; return its path by how it is named in each."""
    content = model.read_bytes()
    return {
        "ollama:pico": put_in_ollama(stores.ollama, content),
        "lmstudio:acme/pico-GGUF": put_in_lm_studio(stores.lm_studio, content),
        "hf:acme/pico-GGUF": put_in_hub_cache(stores.hub, content),
    }


async def answer(engine: LocalEngine, name: str, path: Path) -> str:
    request = GenerateRequest(
        model=name, prompt="in the", sampling=SamplingParams(temperature=0.0), max_tokens=8
    )
    text = "".join([getattr(event, "text", "") async for event in engine.generate(request)])
    assert str(path) in [each.path for each in await engine.status()]
    await engine.unload(name)
    return text


# -- the index --


def test_the_second_list_opens_no_model(
    library: Library, stores: Stores, home_config: Config
) -> None:
    for number in range(50):
        put_in_lm_studio(stores.lm_studio, CONTENT + bytes([number]), f"a/b/model-{number}.gguf")
    with opened_files() as opened:
        library.list()
    assert sum("model-" in path for path in opened) == 50
    for again in (library, Library(home_config, stores.places)):
        with opened_files() as opened:
            assert len(entries(again)) == 50
        assert not [path for path in opened if path.endswith(".gguf")]


def test_only_what_changed_is_opened_again(library: Library, stores: Stores) -> None:
    for name in ("a", "b"):
        put_in_lm_studio(stores.lm_studio, CONTENT + name.encode(), f"x/y/{name}.gguf")
    before = {entry.name: entry.identity for entry in library.list()}
    put_in_lm_studio(stores.lm_studio, CONTENT + b"other", "x/y/b.gguf")
    with opened_files() as opened:
        after = {entry.name: entry.identity for entry in library.list()}
    assert [Path(path).name for path in opened if path.endswith(".gguf")] == ["b.gguf"]
    assert {name for name in after if after[name] != before[name]} == {"x/y/b"}


def test_facts_are_read_once(library: Library, stores: Stores, pico_path: Path) -> None:
    put_in_lm_studio(stores.lm_studio, pico_path.read_bytes())
    (entry,) = [each for each in library.list() if "package" not in each.source]
    assert (entry.format, entry.quantization) == (None, None)
    seen: list[tuple[int, int]] = []
    library.refresh(lambda number, total: seen.append((number, total)))
    assert seen
    assert seen[-1][0] == seen[-1][1]
    (entry,) = [each for each in library.list() if "package" not in each.source]
    facts = (entry.format, entry.kind, entry.architecture, entry.quantization)
    assert facts == ("gguf", "model", "llama", "F32")
    assert (entry.context_length, entry.problem) == (512, None)
    with opened_files() as opened:
        library.refresh()
    assert not [path for path in opened if path.endswith(".gguf")]


def test_refresh_can_be_cancelled(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    assert library.refresh(cancelled=lambda: True)[-1].format is None


def test_a_damaged_header_is_a_fact(library: Library, stores: Stores) -> None:
    put_in_lm_studio(stores.lm_studio, b"<html>not found</html>")
    (entry,) = [each for each in library.refresh() if "package" not in each.source]
    assert "a web page" in (entry.problem or "")


def test_the_index_is_made_anew_when_it_is_lost(
    library: Library, stores: Stores, home_config: Config
) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    before = library.refresh()
    for path in home_config.home.glob("hearth.db*"):
        path.unlink()
    assert Library(home_config, stores.places).refresh() == before


@pytest.mark.parametrize("spoil", [b"", b"not a database", None], ids=["empty", "garbage", "home"])
def test_the_list_needs_no_database(
    stores: Stores, own_home: Path, spoil: bytes | None, home_config: Config
) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    if spoil is None:
        home_config.models_dir.rmdir()
        own_home.rmdir()
    else:
        home_config.database_path.write_bytes(spoil)
    library = Library(home_config, stores.places)
    library.refresh()
    library.note_use(library.resolve("acme/pico-GGUF/pico"))
    assert set(entries(library)) == {"acme/pico-GGUF/pico"}
    assert own_home.exists() == (spoil is not None)


def test_last_used_is_noted_and_kept(library: Library, stores: Stores, home_config: Config) -> None:
    put_in_lm_studio(stores.lm_studio, CONTENT)
    assert library.resolve("acme/pico-GGUF/pico").last_used_s is None
    library.note_use(library.locate("acme/pico-GGUF/pico"))
    library.refresh()
    other = Library(home_config, stores.places)
    other.note_use(library.resolve("acme/pico-GGUF/pico"))  # keeps what others noted
    again = other.resolve("acme/pico-GGUF/pico")
    assert again.last_used_s is not None
    assert again.problem is not None


# -- the identity --


@pytest.mark.parametrize("size", [1, HEAD_BYTES - 1, HEAD_BYTES + 5000, 3_000_000])
def test_an_identity_sees_size_header_and_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(bytes(size))
    identities = [sample(path)]
    for position in sorted({0, min(size, HEAD_BYTES) - 1, size - 1}):
        content = bytearray(size)
        content[position] = 1
        path.write_bytes(content)
        identities.append(sample(path))
    path.write_bytes(bytes(size + 1))
    identities.append(sample(path))
    assert len(set(identities)) == len(identities)


def test_an_identity_reads_little_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: a read of all of it would not end
    assert len(sample(path)) == 64
    assert NUM_BLOCKS * 4096 + HEAD_BYTES < 1 << 20
