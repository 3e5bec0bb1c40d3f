"""What a pull brings, where it puts it, and who else finds it there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import gguf
import huggingface_hub
import numpy as np
import pytest

from hearth.core import Finished, GenerateRequest
from hearth.engine.local import LocalEngine
from hearth.errors import BadModelFile, InvalidRequest, ModelNotFound
from hearth.models.library import Library
from hearth.models.pull import repair_file
from support.pico import write_pico
from support.pulls import REPO, Rig, some_bytes

QUANTS = ("Q2_K", "Q4_0", "Q4_K_S", "Q4_K_M", "Q8_0")


def parts_of(folder: Path, stem: str, tensors_per_file: int) -> dict[str, bytes]:
    write_pico(folder / f"{stem}.gguf", tensors_per_file=tensors_per_file)
    return {path.name: path.read_bytes() for path in sorted(folder.glob(f"{stem}*.gguf"))}


def test_a_pull_lands_in_the_hubs_own_cache(rig: Rig, pico_path: Path) -> None:
    data = pico_path.read_bytes()
    commit = rig.server.add(REPO, {"tiny-Q8_0.gguf": data, "README.md": b"hello"})
    entry = rig.pull(f"hf:{REPO}")
    assert entry.path.read_bytes() == data
    assert entry.path.is_symlink()
    assert entry.digest == hashlib.sha256(data).hexdigest()
    assert entry.is_verified
    assert entry.architecture == "llama"
    assert rig.leftovers() == []
    cache = rig.settings.cache_dir
    ref = cache / "models--me--tiny-GGUF" / "refs" / "main"
    assert ref.read_text() == commit
    sent = rig.server.sent_bytes()
    assert sent == len(data)
    # The hub's own client finds it, at the branch and at the commit, and fetches nothing.
    for revision in (None, commit):
        found = huggingface_hub.hf_hub_download(
            REPO,
            "tiny-Q8_0.gguf",
            revision=revision,
            cache_dir=cache,
            endpoint=rig.server.url,
        )
        assert Path(found) == entry.path
    assert rig.server.sent_bytes() == sent
    info = huggingface_hub.scan_cache_dir(cache)
    assert [repo.repo_id for repo in info.repos] == [REPO]
    assert not info.warnings


def test_what_the_hubs_client_fetched_is_not_fetched_again(rig: Rig, pico_path: Path) -> None:
    data = pico_path.read_bytes()
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data})
    huggingface_hub.hf_hub_download(
        REPO, "tiny-Q8_0.gguf", cache_dir=rig.settings.cache_dir, endpoint=rig.server.url
    )
    sent = rig.server.sent_bytes()
    assert rig.plan(f"hf:{REPO}").to_fetch_bytes == 0
    assert rig.pull(f"hf:{REPO}").path.read_bytes() == data
    assert rig.server.sent_bytes() == sent


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [("", "Q4_K_M"), (":Q4", "Q4_K_M"), (":q8_0", "Q8_0"), (":tiny-Q2_K.gguf", "Q2_K")],
)
def test_a_loosely_named_quantization_is_found_and_explained(
    rig: Rig, wanted: str, chosen: str
) -> None:
    rig.server.add(REPO, {f"tiny-{quant}.gguf": some_bytes(5000) for quant in QUANTS})
    plan = rig.plan(f"hf:{REPO}{wanted}")
    assert [planned.file.name for planned in plan.files] == [f"tiny-{chosen}.gguf"]
    assert chosen in plan.reason


def test_the_plan_says_all_that_matters_and_fetches_nothing(rig: Rig) -> None:
    rig.server.add(REPO, {"tiny-Q4_K_M.gguf": some_bytes(3 << 20)})
    shown = str(rig.plan(f"hf:{REPO}"))
    for part in ("tiny-Q4_K_M.gguf", "3.0 MiB to fetch", "free", str(rig.settings.cache_dir)):
        assert part in shown
    assert rig.server.sent_bytes() == 0
    assert not rig.settings.cache_dir.exists()


@pytest.mark.tiny
async def test_a_split_model_comes_whole_and_runs(rig: Rig, tmp_path: Path) -> None:
    files = parts_of(tmp_path, "split-Q4_K_M", tensors_per_file=9)
    assert len(files) > 1
    rig.server.add(REPO, {**files, "other-Q8_0.gguf": some_bytes(5000)})
    entry = rig.pull(f"hf:{REPO}:Q4")
    assert entry.path.name == min(files)
    assert entry.size_bytes == sum(map(len, files.values()))
    assert [found.name for found in Library(rig.config).list()].count(entry.name) == 1
    engine = LocalEngine(rig.config)
    request = GenerateRequest(model=entry.name, prompt="in the", max_tokens=4, ignore_eos=True)
    try:
        events = [event async for event in engine.generate(request)]
    finally:
        await engine.close()
    assert isinstance(events[-1], Finished)
    assert events[-1].usage.completion_tokens == 4


def test_a_split_model_that_lacks_a_part_is_refused(rig: Rig, tmp_path: Path) -> None:
    files = parts_of(tmp_path, "split-Q4_K_M", tensors_per_file=9)
    files.pop(max(files))
    rig.server.add(REPO, files)
    with pytest.raises(BadModelFile, match="lacks 1 of the"):
        rig.plan(f"hf:{REPO}")


def test_a_sharded_safetensors_folder_comes_whole(rig: Rig) -> None:
    shards = {name: safetensors({name[:7]: 600}) for name in SHARDS}
    weights = {f"{name[:7]}": name for name in SHARDS}
    files = {
        **shards,
        "model.safetensors.index.json": json.dumps(
            {"metadata": {"total_size": 4800}, "weight_map": weights}
        ).encode(),
        "config.json": b'{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}',
        "tokenizer.json": b"{}",
        "LICENSE": b"free",
        "pytorch_model.bin": b"never",
        "original/consolidated.safetensors": b"never",
    }
    rig.server.add(REPO, files)
    entry = rig.pull(f"hf:{REPO}")
    there = sorted(path.name for path in entry.path.iterdir())
    assert there == sorted([*SHARDS, *("LICENSE", "config.json", "tokenizer.json"), INDEX])
    for name in SHARDS:
        assert (entry.path / name).read_bytes() == shards[name]
    assert entry.format == "safetensors"


SHARDS = tuple(f"model-0000{number}-of-00002.safetensors" for number in (1, 2))
INDEX = "model.safetensors.index.json"


def safetensors(tensors: dict[str, int]) -> bytes:
    """Return a safetensors file with tensors of so many float32 numbers."""
    head, offset = {}, 0
    for name, length in tensors.items():
        head[name] = {
            "dtype": "F32",
            "shape": [length],
            "data_offsets": [offset, offset + 4 * length],
        }
        offset += 4 * length
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + np.ones(offset // 4, np.float32).tobytes()


def test_pickles_are_not_fetched(rig: Rig) -> None:
    rig.server.add(REPO, {"pytorch_model.bin": some_bytes(5000), "config.json": b"{}"})
    for reference in (f"hf:{REPO}", f"hf:{REPO}:pytorch_model.bin"):
        with pytest.raises(BadModelFile, match="pickle"):
            rig.plan(reference)


def test_an_address_is_pulled_into_hearths_own_folder(rig: Rig, pico_path: Path) -> None:
    data = pico_path.read_bytes()
    rig.server.files["some/model.gguf"] = data
    entry = rig.pull(f"{rig.server.url}/files/some/model.gguf")
    assert entry.path == rig.config.models_dir / "127.0.0.1" / "model.gguf"
    assert entry.path.read_bytes() == data
    assert entry.digest == hashlib.sha256(data).hexdigest()
    assert entry.name in {known.name for known in Library(rig.config).list()}


def test_an_error_page_with_a_models_name_is_put_aside(rig: Rig) -> None:
    rig.server.files["model.gguf"] = b"<!doctype html><title>Log in</title>"
    with pytest.raises(BadModelFile, match="put aside"):
        rig.pull(f"{rig.server.url}/files/model.gguf")
    folder = rig.config.models_dir / "127.0.0.1"
    assert [path.name for path in folder.iterdir()] == [".model.gguf.hearth.quarantine"]


def test_files_can_be_put_into_a_folder(rig: Rig, pico_path: Path, tmp_path: Path) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": pico_path.read_bytes()})
    entry = rig.pull(f"hf:{REPO}", to=tmp_path / "mine")
    assert entry.path == tmp_path / "mine" / "tiny-Q8_0.gguf"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["tiny-Q8_0.gguf"]
    assert not rig.settings.cache_dir.exists()


def test_another_file_of_that_name_is_left_alone(rig: Rig, tmp_path: Path) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": some_bytes(5000)})
    (tmp_path / "tiny-Q8_0.gguf").write_bytes(b"mine")
    with pytest.raises(InvalidRequest, match="another file"):
        rig.pull(f"hf:{REPO}", to=tmp_path)
    assert (tmp_path / "tiny-Q8_0.gguf").read_bytes() == b"mine"


def test_bytes_that_lie_elsewhere_are_not_fetched(rig: Rig, pico_path: Path) -> None:
    data = pico_path.read_bytes()
    rig.server.files["model.gguf"] = data
    first = rig.pull(f"{rig.server.url}/files/model.gguf")
    sent = rig.server.sent_bytes()
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data})
    plan = rig.plan(f"hf:{REPO}")
    assert plan.elsewhere == first.path
    assert "here already" in str(plan)
    assert rig.pull(f"hf:{REPO}").path == first.path
    assert rig.server.sent_bytes() == sent


def test_a_file_without_bytes_can_be_pulled(rig: Rig) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": some_bytes(5000), "empty.txt": b""})
    assert rig.pull(f"hf:{REPO}:empty.txt").path.read_bytes() == b""


def test_small_files_are_verified_by_their_git_id(rig: Rig) -> None:
    rig.server.add(REPO, {"notes.txt": b"some words"})
    rig.server.fail(path="/resolve/", times=1, corrupt=True)
    entry = rig.pull(f"hf:{REPO}:notes.txt")
    assert entry.path.read_bytes() == b"some words"


@pytest.mark.parametrize("reference", ["starter", "ollama:llama3", "./model.gguf", "some name"])
def test_what_is_not_fetched_is_refused(rig: Rig, reference: str) -> None:
    with pytest.raises(InvalidRequest, match="not something to fetch"):
        rig.plan(reference)


def test_a_missing_file_or_model_is_named(rig: Rig) -> None:
    rig.server.add(REPO, {"tiny-Q8_0.gguf": some_bytes(5000)})
    with pytest.raises(InvalidRequest, match="Q8_0"):
        rig.plan(f"hf:{REPO}:Q3_K_M")
    with pytest.raises(ModelNotFound, match="nobody/nothing"):
        rig.plan("hf:nobody/nothing")


def test_a_damaged_blob_is_fetched_again_and_nothing_else(rig: Rig, pico_path: Path) -> None:
    """D8: bit-rot keeps the size, so that only the hash tells."""
    data = pico_path.read_bytes()
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data, "other-Q2_K.gguf": some_bytes(5000)})
    entry = rig.pull(f"hf:{REPO}:Q8_0")
    blob = entry.path.resolve()
    blob.write_bytes(bytes(len(data)))
    library = Library(rig.config)
    assert not library.verify(entry.name).is_sound

    def repair(path: Path, reference: str, sha256: str) -> None:
        repair_file(path, reference, sha256, config=rig.config, settings=rig.settings)

    report = library.verify(entry.name, repair=repair)
    assert report.is_sound
    assert [file.is_repaired for file in report.files] == [True]
    assert entry.path.read_bytes() == data
    assert rig.server.sent_bytes() == 2 * len(data)
    assert rig.leftovers() == []


def test_a_repair_that_fails_leaves_what_was_there(rig: Rig, pico_path: Path) -> None:
    data = pico_path.read_bytes()
    rig.server.add(REPO, {"tiny-Q8_0.gguf": data})
    entry = rig.pull(f"hf:{REPO}")
    reference = f"hf:{REPO}:tiny-Q8_0.gguf"
    rig.server.repos.clear()
    with pytest.raises(ModelNotFound):
        repair_file(entry.path, reference, "0" * 64, config=rig.config, settings=rig.settings)
    assert entry.path.read_bytes() == data


def test_the_pico_model_is_a_model(pico_path: Path) -> None:
    """The tests above stand on it."""
    assert gguf.GGUFReader(pico_path).tensors
