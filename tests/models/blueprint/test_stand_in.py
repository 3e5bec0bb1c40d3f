"""Stand-ins of blueprints: they run in the engine, give finite numbers, and take no room."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.errors import DiskFull, InvalidRequest, StoreError
from hearth.models.blueprint import Mix, mixes, public_model, quantized, write_stand_in
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import inspect
from support.blueprints import ask_engine, one_of_each_architecture, tiny
from support.disks import small_disk

TOKENS = list(range(1, 129))


def disk_bytes(path: Path) -> int:
    return path.stat().st_blocks * 512


@pytest.mark.tiny
@pytest.mark.parametrize("name", one_of_each_architecture())
def test_every_architecture_runs_and_stays_finite(tmp_path: Path, name: str) -> None:
    model = quantized(tiny(name), "Q4_K_M")
    path = write_stand_in(tmp_path / "model.gguf", model)
    assert inspect(path).num_parameters == model.blueprint.num_parameters
    ran = ask_engine("stand_in_run.py", path, TOKENS)
    assert ran["finite"]
    num_experts = model.blueprint.facts.num_experts
    if num_experts:
        # The last layer computes the last token alone, and so chooses few.
        used = [ran["experts"][str(layer)] for layer in (1, 2)]
        assert min(used) > 0.8 * num_experts


@pytest.mark.tiny
@pytest.mark.parametrize("mix", mixes(), ids=lambda mix: mix.name)
def test_every_quantization_gives_finite_embeddings(tmp_path: Path, mix: Mix) -> None:
    # The embeddings are the output matrix, too: scores are random numbers, and not zeros.
    model = quantized(tiny("Llama-3.2-1B", num_layers=1), mix.name)
    ran = ask_engine("stand_in_run.py", write_stand_in(tmp_path / "model.gguf", model), TOKENS)
    assert ran["finite"]
    assert 10 < ran["largest"] < 1000


def test_the_file_is_what_the_header_said(tmp_path: Path) -> None:
    model = quantized(tiny("Qwen3-30B-A3B"), "Q5_K_M")
    path = write_stand_in(tmp_path / "model.gguf", model)
    header = read_header(path)
    assert header.tensors == model.header.tensors
    assert dict(header.metadata) == pytest.approx(dict(model.metadata))
    assert path.stat().st_size == model.header.size_bytes == header.size_bytes
    assert header.data_start == model.header.data_start


@pytest.mark.parametrize(
    ("name", "megabytes"), [("Llama-3.1-70B", 10), ("Qwen3-30B-A3B", 60), ("falcon-mamba-7b", 60)]
)
def test_a_large_model_takes_little_room(tmp_path: Path, name: str, megabytes: int) -> None:
    path = write_stand_in(tmp_path / "m.gguf", quantized(public_model(name).blueprint, "Q4_K_M"))
    assert path.stat().st_size > 4 * 10**9
    assert disk_bytes(path) < megabytes * 10**6


def test_fewer_layers_keep_their_types(tmp_path: Path) -> None:
    whole = quantized(tiny("Llama-3.1-8B", num_layers=16), "Q4_K_M")
    path = write_stand_in(tmp_path / "cut.gguf", whole, num_layers=3)
    info = inspect(path)
    assert info.num_layers == 3
    assert info.quantization == "Q4_K_M"
    types = {tensor.name: tensor.type for tensor in read_header(path).tensors}
    assert types == {name: whole.types[name] for name in types}
    assert "blk.2.attn_q.weight" in types
    assert "blk.3.attn_q.weight" not in types


@pytest.mark.parametrize("num_layers", [0, 5])
def test_layers_that_there_are_not_are_refused(tmp_path: Path, num_layers: int) -> None:
    model = quantized(tiny("Llama-3.1-8B"), "Q4_0")
    with pytest.raises(InvalidRequest, match=f"{num_layers} layers were asked for.* has 4"):
        write_stand_in(tmp_path / "cut.gguf", model, num_layers=num_layers)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    model = quantized(tiny("OLMoE-1B-7B-0924", num_layers=2), "Q4_0")
    first, again, other = (
        write_stand_in(tmp_path / f"{index}.gguf", model, seed=seed).read_bytes()
        for index, seed in enumerate((1, 1, 2))
    )
    assert first == again != other


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    model = quantized(tiny("Llama-3.1-8B", vocab_size=4096), "F16")
    with small_disk(tmp_path / "disk", size_kb=64) as disk:
        with pytest.raises(DiskFull, match="became full"):
            write_stand_in(disk.path / "model.gguf", model)
        assert list(disk.path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    model = quantized(tiny("Llama-3.1-8B"), "F16")
    with pytest.raises(StoreError, match="could not be written: No such file"):
        write_stand_in(tmp_path / "nowhere" / "model.gguf", model)


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").mkdir()
    with pytest.raises(StoreError, match="Is a directory"):
        write_stand_in(tmp_path / "model.gguf", quantized(tiny("Llama-3.1-8B"), "F16"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.gguf"]
