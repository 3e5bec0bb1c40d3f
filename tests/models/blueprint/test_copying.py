"""Stand-ins of real files: the same header, also its tokenizer, and fewer layers when asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.errors import InvalidRequest
from hearth.models.blueprint import quantized, stand_in_of, write_stand_in
from hearth.models.gguf.header import GgufHeader, read_header
from hearth.models.gguf.info import describe, inspect
from hearth.models.gguf.metadata import GgufArray
from hearth.models.gguf.parts import read_parts
from support.blueprints import ask_engine, tiny
from support.held_bytes import HeldBytes
from support.pico import write_pico

TOKENS = list(range(1, 65))


def table(header: GgufHeader) -> list[tuple[str, tuple[int, ...], str]]:
    return [(tensor.name, tensor.shape, tensor.type.name) for tensor in header.tensors]


@pytest.fixture
def pico(tmp_path: Path) -> Path:
    return write_pico(tmp_path / "pico.gguf", num_layers=4)


def test_tensors_and_metadata_are_those_of_the_file(pico: Path, tmp_path: Path) -> None:
    original = read_header(pico)
    made = read_header(stand_in_of([original], tmp_path / "twin.gguf"))
    assert table(made) == table(original)
    arrays = {key for key, value in original.metadata.items() if isinstance(value, GgufArray)}
    assert {key: made.metadata[key] for key in made.metadata if key not in arrays} == {
        key: original.metadata[key] for key in original.metadata if key not in arrays
    }
    assert replace(describe(made), files=(), file_bytes=0) == replace(
        describe(original), files=(), file_bytes=0
    )


@pytest.mark.tiny
def test_the_tokenizer_is_the_real_one(pico: Path, tmp_path: Path) -> None:
    twin = stand_in_of([read_header(pico)], tmp_path / "twin.gguf")
    assert inspect(twin).tokenizer == "gpt2"
    ran = ask_engine("stand_in_run.py", twin, TOKENS)
    assert ran["finite"]
    assert ran["vocab"] == inspect(pico).vocab_size


@pytest.mark.tiny
def test_a_cut_model_runs_with_fewer_layers(pico: Path, tmp_path: Path) -> None:
    twin = stand_in_of([read_header(pico)], tmp_path / "twin.gguf", num_layers=2)
    assert inspect(twin).num_layers == 2
    names = {tensor.name for tensor in read_header(twin).tensors}
    assert "blk.1.ffn_up.weight" in names
    assert "blk.2.ffn_up.weight" not in names
    assert ask_engine("stand_in_run.py", twin, TOKENS)["finite"]


@pytest.mark.parametrize("num_layers", [0, 5, -1])
def test_layers_that_there_are_not_are_refused(pico: Path, tmp_path: Path, num_layers: int) -> None:
    with pytest.raises(InvalidRequest, match="the model has 4"):
        stand_in_of([read_header(pico)], tmp_path / "twin.gguf", num_layers=num_layers)
    assert not (tmp_path / "twin.gguf").exists()


def test_a_model_in_parts_becomes_one_file(tmp_path: Path) -> None:
    write_pico(tmp_path / "pico.gguf", tensors_per_file=8)
    first = next(tmp_path.glob("*-00001-of-*.gguf"))
    twin = stand_in_of(read_parts(first), tmp_path / "twin.gguf")
    made = inspect(twin)
    assert made.files == (twin,)
    assert made.num_parameters == inspect(first).num_parameters
    assert not any(key.startswith("split.") for key in read_header(twin).metadata)


def test_a_remote_model_is_copied_from_its_source(pico: Path, tmp_path: Path) -> None:
    source = HeldBytes(pico.read_bytes(), "https://example.org/pico.gguf")
    header = read_header(source)
    source.fetched_bytes = 0
    twin = stand_in_of([header], tmp_path / "twin.gguf", source=source)
    assert source.fetched_bytes == header.data_start  # once, and no weights
    assert inspect(twin).tokenizer == "gpt2"


@pytest.mark.tiny
def test_a_remote_header_alone_is_enough(pico: Path, tmp_path: Path) -> None:
    header = read_header(HeldBytes(pico.read_bytes(), "https://example.org/pico.gguf"))
    twin = stand_in_of([header], tmp_path / "twin.gguf", num_layers=3)
    made = inspect(twin)
    assert (made.tokenizer, made.vocab_size, made.num_layers) == (
        "no_vocab",
        describe(header).vocab_size,
        3,
    )
    assert ask_engine("stand_in_run.py", twin, TOKENS)["finite"]


@pytest.mark.tiny
@pytest.mark.parametrize(
    ("name", "num_layers"),
    [
        ("LFM2-1.2B", 3),
        ("granite-4.0-h-tiny", 7),
        ("DeepSeek-V2-Lite", 2),
        ("gemma-3-1b-it", 6),
        ("gpt-oss-20b", 2),
    ],
)
def test_what_differs_by_layer_is_cut_with_them(tmp_path: Path, name: str, num_layers: int) -> None:
    whole = write_stand_in(tmp_path / "whole.gguf", quantized(tiny(name, num_layers=12), "Q4_0"))
    header = read_header(whole)
    for source in (whole, None):
        known = header if source else replace(header, name="https://example.org/whole.gguf")
        twin = stand_in_of([known], tmp_path / "twin.gguf", num_layers=num_layers)
        info = inspect(twin)
        assert info.layers == inspect(whole).layers[:num_layers]
        assert ask_engine("stand_in_run.py", twin, TOKENS)["finite"]


@pytest.mark.parametrize(("name", "least"), [("LFM2-1.2B", 3), ("granite-4.0-h-tiny", 6)])
def test_a_hybrid_keeps_a_layer_of_each_kind(tmp_path: Path, name: str, least: int) -> None:
    # The engine ends the process when there is no layer for one of its two memories.
    model = quantized(tiny(name, num_layers=12), "Q4_0")
    whole = write_stand_in(tmp_path / "whole.gguf", model)
    for make in (
        lambda: stand_in_of([read_header(whole)], tmp_path / "twin.gguf", num_layers=least - 1),
        lambda: write_stand_in(tmp_path / "twin.gguf", model, num_layers=least - 1),
    ):
        with pytest.raises(InvalidRequest) as caught:
            make()
        assert f"{least} to 12 layers" in (caught.value.hint or "")
    twin = stand_in_of([read_header(whole)], tmp_path / "twin.gguf", num_layers=least)
    assert inspect(twin).num_layers == least


def test_layers_that_draft_ahead_are_left_out(tmp_path: Path) -> None:
    header = quantized(tiny("Qwen3-8B"), "Q4_0").header
    drafting = replace(header, metadata={**header.metadata, "qwen3.nextn_predict_layers": 1})
    twin = read_header(stand_in_of([drafting], tmp_path / "twin.gguf", num_layers=3))
    assert twin.metadata["qwen3.nextn_predict_layers"] == 0
    odd = replace(header, metadata={**header.metadata, "qwen3.nextn_predict_layers": 2})
    with pytest.raises(InvalidRequest, match="the model has 4"):
        stand_in_of([odd], tmp_path / "twin.gguf", num_layers=3)


def test_a_model_with_tensors_for_all_layers_is_not_cut(pico: Path, tmp_path: Path) -> None:
    header = read_header(pico)
    shared = replace(header.tensors[0], name="per_layer_token_embd.weight")
    odd = replace(header, tensors=(*header.tensors, shared))
    with pytest.raises(InvalidRequest, match="cannot be cut"):
        stand_in_of([odd], tmp_path / "twin.gguf", num_layers=2)


@pytest.mark.starter
def test_the_starter_has_a_twin(starter_path: Path, tmp_path: Path) -> None:
    twin = stand_in_of([read_header(starter_path)], tmp_path / "twin.gguf")
    assert twin.stat().st_blocks * 512 < 10 * 10**6 < twin.stat().st_size
    assert table(read_header(twin)) == table(read_header(starter_path))
    assert ask_engine("stand_in_run.py", twin, TOKENS)["finite"]
