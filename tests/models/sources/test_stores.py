"""Models in other programs' stores, laid out as those programs lay them: found, not touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.models.sources import Location, Places, Source
from hearth.models.sources.hub_cache import find_in_hub_cache, pinned_reference
from hearth.models.sources.llama_cpp import find_in_llama_cpp
from hearth.models.sources.lm_studio import find_in_lm_studio
from hearth.models.sources.ollama import find_in_ollama
from hearth.models.sources.packages import find_in_packages
from hearth.models.sources.places import find_places
from hearth.models.sources.scan import find_locations, places_of
from support.stores import (
    COMMIT,
    MODEL_LAYER,
    layer,
    put_in_hub_cache,
    put_in_llama_cpp,
    put_in_lm_studio,
    put_in_ollama,
    sha256,
    write_manifest,
)

CONTENT = b"GGUF and so on"
OTHER = b"GGUF and something else"


def only(locations: Iterable[Location]) -> Location:
    (location,) = locations
    return location


# -- Ollama --


def test_ollama_names_a_blob_by_its_manifest(tmp_path: Path) -> None:
    blob = put_in_ollama(tmp_path, CONTENT)
    found = only(find_in_ollama(tmp_path))
    assert (found.name, found.path, found.source) == ("pico:latest", blob, Source.OLLAMA)
    assert found.files[0].claimed_sha256 == sha256(CONTENT)
    assert found.reference == "ollama:pico:latest"
    assert found.removed_by == "`ollama rm pico:latest`"
    assert found.size_bytes == len(CONTENT)


@pytest.mark.parametrize(
    ("manifest", "name"),
    [
        ("registry.ollama.ai/library/llama3.2/1b", "llama3.2:1b"),
        ("registry.ollama.ai/me/mine/v2", "me/mine:v2"),
        ("hf.co/acme/pico-GGUF/Q4_0", "hf.co/acme/pico-GGUF:Q4_0"),
    ],
)
def test_ollama_leaves_out_what_is_the_default(tmp_path: Path, manifest: str, name: str) -> None:
    put_in_ollama(tmp_path, CONTENT, manifest)
    assert only(find_in_ollama(tmp_path)).name == name


def test_ollama_keeps_a_newer_manifest_over_an_older_one(tmp_path: Path) -> None:
    put_in_ollama(tmp_path, CONTENT)
    newer = put_in_ollama(tmp_path, OTHER, folder="manifests-v2")
    assert only(find_in_ollama(tmp_path)).path == newer


def test_ollama_follows_manifests_that_are_links_and_lists(tmp_path: Path) -> None:
    blob = put_in_ollama(tmp_path, CONTENT, "registry.ollama.ai/library/first/latest")
    first = tmp_path / "manifests/registry.ollama.ai/library/first/latest"
    child = first.read_bytes()
    (tmp_path / "blobs" / f"sha256-{sha256(child)}").write_bytes(child)
    linked = tmp_path / "manifests-v2/registry.ollama.ai/library/linked/latest"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(
        os.path.relpath(tmp_path / "blobs" / f"sha256-{sha256(child)}", linked.parent)
    )
    listing = {
        "mediaType": "application/vnd.ollama.manifest.list.v2+json",
        "manifests": [
            {"runner": "mlx", "layers": [layer("application/vnd.ollama.image.tensor", "x", 1)]},
            {"runner": "llamacpp", "digest": f"sha256:{sha256(child)}"},
        ],
    }
    write_manifest(tmp_path / "manifests-v2/registry.ollama.ai/library/listed/latest", listing)
    found = {each.name: each.path for each in find_in_ollama(tmp_path)}
    assert found == {"first:latest": blob, "linked:latest": blob, "listed:latest": blob}


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "{",
        "null",
        "[]",
        '{"layers": 7}',
        '{"layers": [7, null, {"mediaType": 3}]}',
        '{"layers": []}',
        f'{{"layers": [{{"mediaType": "{MODEL_LAYER}"}}]}}',
        f'{{"layers": [{{"mediaType": "{MODEL_LAYER}", "digest": ["x"]}}]}}',
        f'{{"layers": [{{"mediaType": "{MODEL_LAYER}", "digest": "sha256:{"0" * 64}"}}]}}',
        '{"manifests": [[[]]]}',
        "[" * 100_000,
        "\udcff",
    ],
    ids=range(13),
)
def test_d7_one_corrupt_manifest_hides_no_other(tmp_path: Path, manifest: str) -> None:
    put_in_ollama(tmp_path, CONTENT)
    bad = tmp_path / "manifests/registry.ollama.ai/library/bad/latest"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(manifest.encode(errors="surrogateescape"))
    assert only(find_in_ollama(tmp_path)).name == "pico:latest"


def test_ollama_without_a_store(tmp_path: Path) -> None:
    assert list(find_in_ollama(tmp_path / "nowhere")) == []


# -- LM Studio, llama.cpp --


def test_lm_studio_names_are_publisher_repository_and_file(tmp_path: Path) -> None:
    path = put_in_lm_studio(tmp_path, CONTENT)
    found = only(find_in_lm_studio(tmp_path))
    assert (found.name, found.path) == ("acme/pico-GGUF/pico", path)
    assert found.reference == "lmstudio:acme/pico-GGUF/pico.gguf"
    assert found.files[0].claimed_sha256 is None


def test_llama_cpp_manifests_tell_digests(tmp_path: Path) -> None:
    path = put_in_llama_cpp(tmp_path, CONTENT)
    found = only(find_in_llama_cpp(tmp_path))
    assert (found.name, found.path) == ("acme_pico-GGUF_pico-Q4_0", path)
    assert found.files[0].claimed_sha256 == sha256(CONTENT)


@pytest.mark.parametrize("claim", ["nonsense", "../../x", "A" * 64])
def test_llama_cpp_claims_that_are_no_digests_are_dropped(tmp_path: Path, claim: str) -> None:
    put_in_llama_cpp(tmp_path, CONTENT, claim=claim)
    assert only(find_in_llama_cpp(tmp_path)).files[0].claimed_sha256 is None


# -- the hub cache --


def test_hub_cache_names_the_file_of_a_snapshot(tmp_path: Path) -> None:
    link = put_in_hub_cache(tmp_path, CONTENT, "sub/pico-Q4_0.gguf")
    found = only(find_in_hub_cache(tmp_path))
    assert (found.name, found.path) == ("acme/pico-GGUF/sub/pico-Q4_0", link)
    assert found.reference == "hf:acme/pico-GGUF:sub/pico-Q4_0.gguf"
    assert found.files[0].claimed_sha256 == sha256(CONTENT)
    assert pinned_reference(found, link) == f"{found.reference}@{COMMIT}"


def test_hub_cache_names_what_revisions_share_once(tmp_path: Path) -> None:
    put_in_hub_cache(tmp_path, CONTENT, commit="a" * 40, ref="v1")
    main = put_in_hub_cache(tmp_path, CONTENT, commit="b" * 40)
    old = put_in_hub_cache(tmp_path, OTHER, "other.gguf", commit="a" * 40, ref="v1")
    found = {each.name: each.path for each in find_in_hub_cache(tmp_path)}
    assert found == {"acme/pico-GGUF/pico": main, f"acme/pico-GGUF/other@{'a' * 12}": old}


def test_hub_cache_finds_parts_and_folders(tmp_path: Path) -> None:
    for number in (1, 2):
        put_in_hub_cache(tmp_path, CONTENT * number, f"big-0000{number}-of-00002.gguf")
    for name in (
        "config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ):
        put_in_hub_cache(tmp_path, name.encode(), name, repo="acme/pico")
    folder, parts = find_in_hub_cache(tmp_path)
    assert (folder.name, folder.path.name, len(folder.files)) == ("acme/pico", COMMIT, 2)
    assert (parts.name, len(parts.files)) == ("acme/pico-GGUF/big", 2)
    assert parts.size_bytes == 3 * len(CONTENT)


def test_hub_cache_without_links_holds_files(tmp_path: Path) -> None:
    path = tmp_path / "models--acme--pico" / "snapshots" / COMMIT / "pico.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    found = only(find_in_hub_cache(tmp_path))
    assert (found.path, found.files[0].claimed_sha256) == (path, None)


def test_d6_a_link_out_of_the_repository_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "secret.gguf").write_bytes(CONTENT)
    link = put_in_hub_cache(tmp_path / "hub", OTHER)
    link.unlink()
    link.symlink_to(tmp_path / "secret.gguf")
    assert list(find_in_hub_cache(tmp_path / "hub")) == []


# -- folders --


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: os.mkfifo(path),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.mkdir(),
        lambda path: Path(os.fsdecode(os.fsencode(path.parent) + b"/\xff.gguf")).touch(),
    ],
    ids=["fifo", "device", "loop", "dangling", "folder", "not unicode"],
)
def test_d6_what_is_no_regular_file_is_ignored(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    put_in_lm_studio(tmp_path, CONTENT)
    spoil(tmp_path / "odd.gguf")
    assert only(find_in_lm_studio(tmp_path)).name == "acme/pico-GGUF/pico"


def test_d6_folders_that_are_not_unicode_are_ignored(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    put_in_lm_studio(folder, CONTENT)
    assert list(find_in_lm_studio(tmp_path)) == []


def test_hidden_folders_are_passed_over(tmp_path: Path) -> None:
    put_in_lm_studio(tmp_path, CONTENT, ".incoming-1/0.gguf")
    assert list(find_in_lm_studio(tmp_path)) == []


# -- where they are --


def test_places_by_default(tmp_path: Path) -> None:
    (tmp_path / ".lmstudio").mkdir()
    places = find_places({}, tmp_path)
    assert places.ollama[0] == tmp_path / ".ollama" / "models"
    assert places.lm_studio == (tmp_path / ".lmstudio" / "models",)
    assert places.hub_cache == (tmp_path / ".cache" / "huggingface" / "hub",)
    assert places.llama_cpp[0].name == "llama.cpp"


def test_places_that_the_environment_names(tmp_path: Path) -> None:
    environment = {
        "OLLAMA_MODELS": ' "~/ollama" ',
        "LLAMA_CACHE": "/data/llama",
        "HF_HOME": "/data/hf",
    }
    places = find_places(environment, tmp_path)
    assert places.ollama == (tmp_path / "ollama",)
    assert places.llama_cpp == (Path("/data/llama"),)
    assert places.hub_cache == (Path("/data/hf/hub"),)
    environment["HF_HUB_CACHE"] = "/data/hub"
    assert find_places(environment, tmp_path).hub_cache == (Path("/data/hub"),)
    assert find_places({"XDG_CACHE_HOME": "/c"}, tmp_path).hub_cache == (
        Path("/c/huggingface/hub"),
    )


def test_lm_studio_may_have_moved_its_home_and_its_models(tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / ".lmstudio-home-pointer").write_text(f"{moved}\n")
    (moved / "settings.json").write_text('{"downloadsFolder": "/big disk/models"}')
    places = find_places({}, tmp_path)
    assert places.lm_studio == (Path("/big disk/models"), moved / "models")


@pytest.mark.parametrize("settings", ["", "{", "[]", '{"downloadsFolder": 7}', "[" * 100_000])
def test_lm_studio_settings_that_cannot_be_read(tmp_path: Path, settings: str) -> None:
    (tmp_path / ".lmstudio").mkdir()
    (tmp_path / ".lmstudio" / "settings.json").write_text(settings)
    assert find_places({}, tmp_path).lm_studio == (tmp_path / ".lmstudio" / "models",)


def test_other_programs_are_left_alone_where_the_setting_says_so() -> None:
    assert places_of(load_config(other_programs=True)).ollama
    places = places_of(load_config(other_programs=False))
    assert (places.ollama, places.lm_studio, places.llama_cpp) == ((), (), ())
    assert places.hub_cache  # Hearth keeps its own downloads there


# -- all of it --


def everything(root: Path) -> dict[Path, tuple[int, int]]:
    found = sorted(root.rglob("*"))
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in found}


def test_finding_writes_nothing_and_goes_by_precedence(tmp_path: Path) -> None:
    put_in_ollama(tmp_path / "ollama", CONTENT)
    put_in_lm_studio(tmp_path / "lmstudio", CONTENT)
    put_in_hub_cache(tmp_path / "hub", CONTENT)
    put_in_llama_cpp(tmp_path / "llama", CONTENT)
    put_in_lm_studio(tmp_path / "mine", CONTENT, "mine.gguf")
    places = Places(
        ollama=(tmp_path / "ollama",),
        lm_studio=(tmp_path / "lmstudio",),
        llama_cpp=(tmp_path / "llama",),
        hub_cache=(tmp_path / "hub",),
    )
    before = everything(tmp_path)
    config = load_config(model_folders=[tmp_path / "mine"])
    sources = [each.source for each in find_locations(config, places)]
    others = [source for source in sources if source not in (Source.STARTER, Source.PACKAGE)]
    assert others == [
        Source.FOLDER,
        Source.LM_STUDIO,
        Source.HUB_CACHE,
        Source.OLLAMA,
        Source.LLAMA_CPP,
    ]
    assert everything(tmp_path) == before


def test_packages_that_carry_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = tmp_path / "site-packages"
    put_in_lm_studio(packages, CONTENT, "tiny_model/tiny-Q8_0.gguf")
    put_in_lm_studio(packages, b"raise SystemExit", "tiny_model/__init__.py")
    put_in_lm_studio(packages, CONTENT, "tiny_model-1.0.dist-info/x.gguf")
    monkeypatch.syspath_prepend(packages)
    found = {each.name: each for each in find_in_packages()}
    assert found["tiny_model/tiny-Q8_0"].source == Source.PACKAGE
    assert found["tiny_model/tiny-Q8_0"].removed_by == "`pip uninstall tiny-model`"
    assert not any("dist-info" in name for name in found)
