"""What belongs to a model and is none: adapters, projectors, vocabularies, importance matrices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from hearth.errors import BadModelFile
from hearth.models.identify import identify
from support.hub_folders import write_json
from support.pickles import write_checkpoint
from support.pico import write_pico
from support.pico_families import PICO_FAMILIES, add_vocabulary, write_family


def write_gguf(path: Path, architecture: str, fill: Callable[[gguf.GGUFWriter], None]) -> Path:
    writer = gguf.GGUFWriter(str(path), architecture)
    fill(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_lora_adapter_in_a_gguf(tmp_path: Path) -> None:
    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_type(gguf.GGUFType.ADAPTER)
        writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, 32.0)
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, "Pico")
        writer.add_base_model_repo_url(0, "https://huggingface.co/owner/pico")
        for target in ("attn_q", "ffn_down"):
            name = f"blk.0.{target}.weight"
            writer.add_tensor(f"{name}.lora_a", np.zeros((8, 64), np.float32))
            writer.add_tensor(f"{name}.lora_b", np.zeros((64, 8), np.float32))

    card = identify(write_gguf(tmp_path / "lora.gguf", "llama", fill))
    assert card.kind == "adapter"
    assert card.adapter is not None
    assert (card.adapter.method, card.adapter.rank, card.adapter.alpha) == ("lora", 8, 32.0)
    assert card.adapter.targets == ("attn_q", "ffn_down")
    assert card.lineage.adapter_of == "owner/pico"
    assert card.if_not is not None
    assert "owner/pico" in card.if_not.reason


def test_a_projector(tmp_path: Path) -> None:
    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_type(gguf.GGUFType.MMPROJ)
        writer.add_bool("clip.has_vision_encoder", True)
        writer.add_uint32("clip.vision.block_count", 12)
        writer.add_uint32("clip.vision.embedding_length", 768)
        writer.add_uint32("clip.vision.attention.head_count", 12)
        writer.add_tensor("mm.0.weight", np.zeros((64, 64), np.float16))

    card = identify(write_gguf(tmp_path / "mmproj.gguf", "clip", fill))
    assert card.kind == "projector"
    assert (card.num_layers, card.width, card.num_heads) == (12, 768, 12)
    assert card.abilities.images is True
    assert card.runs_here is None


def test_a_projector_beside_a_model_gives_it_sight(tmp_path: Path) -> None:
    write_family(tmp_path / "pico.gguf", PICO_FAMILIES[0])
    assert identify(tmp_path).abilities.images is False
    write_gguf(
        tmp_path / "mmproj-pico.gguf",
        "clip",
        lambda writer: writer.add_tensor("mm.0.weight", np.zeros((64, 64), np.float16)),
    )
    assert identify(tmp_path).abilities.images is True


def test_a_vocabulary_and_an_importance_matrix(tmp_path: Path) -> None:
    card = identify(write_gguf(tmp_path / "vocab.gguf", "llama", add_vocabulary))
    assert (card.kind, card.vocab_size, card.num_parameters) == ("vocabulary", 300, 0)

    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_type("imatrix")
        writer.add_tensor("blk.0.attn_q.weight.in_sum2", np.zeros((1, 64), np.float32))

    assert identify(write_gguf(tmp_path / "i.gguf", "llama", fill)).kind == "imatrix"


def test_a_merged_gguf_names_its_sources(tmp_path: Path) -> None:
    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_tags(["mergekit", "merge"])
        writer.add_base_model_count(2)
        for number, name in enumerate(("one", "two")):
            writer.add_base_model_name(number, name.title())
            writer.add_base_model_organization(number, "Owner")
            writer.add_base_model_repo_url(number, f"https://huggingface.co/owner/{name}")
        writer.add_tensor("a", np.zeros(64, np.float32))

    lineage = identify(write_gguf(tmp_path / "merged.gguf", "made-up", fill)).lineage
    assert lineage.merged_from == ("owner/one", "owner/two")
    assert lineage.base_models == ()


def test_a_merge_of_one_source_is_known_by_its_tags(tmp_path: Path) -> None:
    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_tags(["text-generation", "mergekit"])
        writer.add_base_model_count(1)
        writer.add_base_model_name(0, "One")
        writer.add_tensor("a", np.zeros(64, np.float32))

    lineage = identify(write_gguf(tmp_path / "merged.gguf", "made-up", fill)).lineage
    assert lineage.merged_from == ("One",)


def test_g28_a_hostile_name_is_made_safe(tmp_path: Path) -> None:
    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_name("\x1b[2Jred\u202e" + "x" * 2000)
        writer.add_tensor("a", np.zeros(64, np.float32))

    card = identify(write_gguf(tmp_path / "odd.gguf", "made-up", fill))
    assert card.name.isprintable()
    assert len(card.name) <= 120


def test_a_later_part_points_to_the_first(tmp_path: Path) -> None:
    first = write_family(tmp_path / "p.gguf", PICO_FAMILIES[0], tensors_per_file=10)
    later = sorted(tmp_path.glob("p-*.gguf"))[1]
    with pytest.raises(BadModelFile, match="later part") as caught:
        identify(later)
    assert first.name in (caught.value.hint or "")
    later.unlink()
    with pytest.raises(BadModelFile, match="missing"):
        identify(first)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "adapter"
    folder.mkdir()
    settings = {
        "peft_type": "LORA",
        "r": 8,
        "lora_alpha": 16,
        "target_modules": ["q_proj", "v_proj"],
        "base_model_name_or_path": "owner/base",
    }
    write_json(folder / "adapter_config.json", settings)
    tensors = {}
    for layer in range(2):
        name = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        tensors[f"{name}.lora_A.weight"] = np.zeros((8, 64), np.float32)
        tensors[f"{name}.lora_B.weight"] = np.zeros((64, 8), np.float32)
    save_file(tensors, folder / "adapter_model.safetensors")
    return folder


def test_a_peft_adapter(adapter: Path) -> None:
    for path in (adapter, adapter / "adapter_model.safetensors"):
        card = identify(path)
        assert (card.format, card.kind) == ("peft", "adapter")
        assert card.num_parameters == 2 * 2 * 8 * 64
        assert card.num_layers == 2
        assert card.lineage.adapter_of == "owner/base"
        assert card.adapter is not None
        assert (card.adapter.rank, card.adapter.alpha) == (8, 16.0)
        assert card.adapter.targets == ("q_proj", "v_proj")
        assert card.if_not is not None
        assert "convert_lora_to_gguf.py" in (card.if_not.convert or "")


def test_a_peft_adapter_of_pickles_is_refused(adapter: Path) -> None:
    (adapter / "adapter_model.safetensors").unlink()
    write_checkpoint(adapter / "adapter_model.bin", {})
    with pytest.raises(BadModelFile, match="pickles"):
        identify(adapter)


def test_an_adapter_of_mlx(tmp_path: Path) -> None:
    folder = tmp_path / "adapters"
    folder.mkdir()
    settings = {
        "fine_tune_type": "lora",
        "model": "mlx-community/base-4bit",
        "lora_parameters": {"rank": 8, "scale": 20.0, "keys": ["self_attn.q_proj"]},
    }
    write_json(folder / "adapter_config.json", settings)
    tensors = {"model.layers.0.self_attn.q_proj.lora_a": np.zeros((64, 8), np.float32)}
    save_file(tensors, folder / "adapters.safetensors")
    card = identify(folder)
    assert (card.format, card.kind) == ("mlx", "adapter")
    assert card.lineage.adapter_of == "mlx-community/base-4bit"
    assert card.adapter is not None
    assert (card.adapter.rank, card.adapter.alpha) == (8, 160.0)


def test_a_folder_of_several_models_asks_which(tmp_path: Path) -> None:
    write_pico(tmp_path / "one.gguf")
    write_pico(tmp_path / "two.gguf")
    with pytest.raises(BadModelFile, match="2 models") as caught:
        identify(tmp_path)
    assert caught.value.hint == "Name one of them."
