"""Models are opened by name, by path and by reference; of remote ones only headers travel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hearth.config import Config, load_config
from hearth.errors import InvalidRequest, ModelNotFound
from hearth.models.hub import Hub, HubSettings
from hearth.models.identify import identify
from hearth.models.opening import open_model
from support.hub_folders import write_hub_model, write_json, write_weights
from support.hub_server import HubServer, hub_server
from support.pickles import state_dict, write_checkpoint
from support.pico_families import PICO_FAMILIES, write_family
from support.range_server import serve_ranges

MIB = 2**20
README = b"---\nbase_model: owner/pico\n---\n# Pico\n"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as server:
        yield server


@pytest.fixture
def config(own_home: Path) -> Config:
    return load_config(home=own_home)


def hub_of(server: HubServer, tmp_path: Path) -> Hub:
    return Hub(HubSettings(endpoint=server.url, cache_dir=tmp_path / "cache"))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_name_and_a_path_open_the_same_model(config: Config) -> None:
    folder = config.models_dir
    folder.mkdir(parents=True)
    path = write_family(folder / "pico.gguf", PICO_FAMILIES[0])
    with open_model("pico", config) as named, open_model(str(path), config) as placed:
        assert named.card.tensors == placed.card.tensors
        assert named.entry is not None
        assert placed.entry is None
        tensor = named.card.tensors[0]
        assert tensor.offset is not None
        raw = named.files.source(tensor.file).read(tensor.offset, tensor.size_bytes)
        assert raw == path.read_bytes()[tensor.offset : tensor.offset + tensor.size_bytes]


@pytest.mark.parametrize("name", ["nothing-of-this-name", "~no-such-user/x", "a\0b", "x" * 5000])
def test_what_is_not_there_is_not_found(name: str, config: Config) -> None:
    with pytest.raises(ModelNotFound), open_model(name, config):
        pass


def test_a_sharded_repository_on_the_hub(server: HubServer, config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    write_json(folder / "config.json", {"model_type": "llama", "num_hidden_layers": 1})
    big = {
        f"model.layers.0.part{number}.weight": np.zeros((512, 1024), np.float32)
        for number in range(6)
    }
    write_weights(folder, big, shards=2)
    server.add("owner/pico", files_of(folder))
    with open_model("hf:owner/pico", config, hub=hub_of(server, tmp_path)) as opened:
        here = identify(folder)
        assert opened.is_remote
        assert opened.card.tensors == here.tensors
        assert opened.card.name == "owner/pico"
        assert opened.card.size_bytes > 12 * MIB
        digests = {file.name: file.sha256 for file in opened.card.files}
        assert digests == {
            name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in digests
        }
        assert server.sent_bytes() == opened.fetched_bytes < MIB


def test_the_quantization_of_a_repository_is_chosen(
    server: HubServer, config: Config, tmp_path: Path
) -> None:
    raw = write_family(tmp_path / "p.gguf", PICO_FAMILIES[0]).read_bytes()
    names = ("pico-Q8_0.gguf", "pico-Q4_K_M.gguf")
    server.add("owner/pico-GGUF", dict.fromkeys(names, raw) | {"README.md": README})
    hub = hub_of(server, tmp_path)
    with open_model("hf:owner/pico-GGUF:Q4", config, hub=hub) as opened:
        assert [file.name for file in opened.card.files] == ["pico-Q4_K_M.gguf"]
        assert opened.card.sha256 == hashlib.sha256(raw).hexdigest()
        assert opened.card.lineage.base_models == ("owner/pico",)
        assert opened.fetched_bytes < MIB
    with open_model("hf:owner/pico-GGUF", config, hub=hub) as opened:
        assert [file.name for file in opened.card.files] == ["pico-Q4_K_M.gguf"]
        assert opened.reason is not None
    with (
        pytest.raises(InvalidRequest),
        open_model("hf:owner/pico-GGUF:Q2", config, hub=hub),
    ):
        pass


def test_pickles_on_the_hub_are_described_and_not_fetched(
    server: HubServer, config: Config, tmp_path: Path
) -> None:
    path = write_checkpoint(tmp_path / "pytorch_model.bin", state_dict())
    config_json = b'{"model_type": "llama", "num_hidden_layers": 1}'
    files = {"pytorch_model.bin": path.read_bytes(), "config.json": config_json}
    server.add("owner/old", {**files, "checkpoint-1/model.safetensors": b"not looked at"})
    with open_model("hf:owner/old", config, hub=hub_of(server, tmp_path)) as opened:
        assert (opened.card.format, opened.card.architecture) == ("pytorch", "llama")
        assert len(opened.card.tensors) == 3


def test_a_split_gguf_on_the_hub(server: HubServer, config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    first = write_family(folder / "p-Q4_0.gguf", PICO_FAMILIES[0], tensors_per_file=10)
    server.add("owner/parts", files_of(folder))
    hub = hub_of(server, tmp_path)
    with open_model("hf:owner/parts:Q4_0", config, hub=hub) as opened:
        assert opened.card.tensors == identify(first).tensors


def test_a_file_at_an_address(config: Config, tmp_path: Path) -> None:
    path = write_family(tmp_path / "pico.gguf", PICO_FAMILIES[0])
    with serve_ranges(path.read_bytes()) as served, open_model(served.url, config) as opened:
        assert opened.card.tensors == identify(path).tensors
        assert opened.fetched_bytes == served.sent_bytes


def test_a_model_of_the_library_is_not_asked_for_at_the_hub(
    server: HubServer, config: Config, tmp_path: Path
) -> None:
    config.models_dir.mkdir(parents=True)
    write_hub_model(config.models_dir / "here", "llama")
    with open_model("here", config, hub=hub_of(server, tmp_path)) as opened:
        assert not opened.is_remote
    assert server.asked == []
