"""`hearth models tensors`, `template` and `diff`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind

from hearth.cli.models.tensors import columns
from support.command import Hearth
from support.pico import write_pico
from support.range_server import serve_ranges
from support.tensor_files import as_hub, llama_arrays, write_folder, write_gguf, write_lora


def test_tensors_of_like_layers_stand_in_one_line(hearth: Hearth, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "m.gguf", llama_arrays())
    shown = hearth("models", "tensors", str(path))
    assert shown.status == 0
    assert "blk.{0-1}.attn_q.weight" in shown.out
    assert "15 tensors" in shown.out
    every = hearth("models", "tensors", str(path), "--all")
    assert "blk.1.attn_q.weight" in every.out
    listed = json.loads(hearth("models", "tensors", str(path), "--json").out)
    assert {entry["name"] for entry in listed} == set(llama_arrays())
    assert listed[0]["shape"] == [32, 64]


def test_numbers_of_one_tensor(hearth: Hearth, tmp_path: Path) -> None:
    arrays = llama_arrays()
    path = write_gguf(tmp_path / "m.gguf", arrays)
    shown = hearth("models", "tensors", str(path), "--stats", "output.weight")
    assert "standard deviation" in shown.out
    assert "█" in shown.out
    found = json.loads(
        hearth("models", "tensors", str(path), "--stats", "output.weight", "--json").out
    )
    assert found["maximum"] == arrays["output.weight"].max()
    assert sum(found["histogram"]["counts"]) > 2000
    missing = hearth("models", "tensors", str(path), "--stats", "outputs.weight")
    assert missing.status == 1
    assert "Did you mean output.weight" in missing.err


def test_remote_tensors_fetch_the_header_alone(hearth: Hearth, tmp_path: Path) -> None:
    arrays = llama_arrays() | {"big": np.zeros((4096, 1024), np.float32)}
    path = write_gguf(tmp_path / "m.gguf", arrays)
    with serve_ranges(path.read_bytes()) as served:
        shown = hearth("models", "tensors", served.url)
        assert shown.status == 0, shown.err
        assert "16 tensors" in shown.out
        assert "over the network" in shown.err
        assert served.sent_bytes < 2**20


def test_columns_show_even_the_smallest_count() -> None:
    assert columns([0, 1, 400, 800], 2) == ["   █", " ▁██"]


def test_diff_of_a_quantization(hearth: Hearth, tmp_path: Path) -> None:
    arrays = llama_arrays(width=256)
    first = write_gguf(tmp_path / "a.gguf", arrays, general__license="mit")
    second = write_gguf(tmp_path / "b.gguf", arrays, kinds={"output.weight": Kind.Q4_0})
    shown = hearth("models", "diff", str(first), str(second))
    assert shown.status == 0, shown.err
    assert "1 from F32 to Q4_0" in shown.out
    assert "general.license" in shown.out
    assert "14 same, 1 changed" in shown.out
    found = json.loads(hearth("models", "diff", str(first), str(second), "--json").out)
    (changed,) = [each for each in found["tensors"] if each["state"] == "changed"]
    assert 0 < changed["relative_error"] < 0.2


def test_diff_of_a_gguf_and_its_folder(hearth: Hearth, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hub", as_hub(llama_arrays()))
    path = write_gguf(tmp_path / "a.gguf", llama_arrays())
    shown = hearth("models", "diff", str(folder), str(path))
    assert "All 15 tensors are the same" in shown.out
    headers = hearth("models", "diff", str(folder), str(path), "--headers")
    assert "15 unknown" in headers.out


def test_diff_with_a_remote_model_compares_headers(hearth: Hearth, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "a.gguf", llama_arrays())
    with serve_ranges(path.read_bytes()) as served:
        shown = hearth("models", "diff", str(path), served.url)
    assert shown.status == 0, shown.err
    assert "Only the headers were compared" in shown.err


@pytest.mark.tiny
def test_template_with_token_borders(hearth: Hearth, tmp_path: Path) -> None:
    path = write_pico(tmp_path / "pico.gguf")
    shown = hearth("models", "template", str(path))
    assert shown.status == 0, shown.err
    assert "<|im_start|>" in shown.out
    assert "special" in shown.out
    found = json.loads(hearth("models", "template", str(path), "--json").out)
    assert "".join(token["text"] for token in found["preview"]["tokens"]).startswith("<|im_start|>")
    source = hearth("models", "template", str(path), "--source")
    assert "{% for message in messages %}" in source.out


@pytest.mark.tiny
def test_template_that_refuses_system_messages(hearth: Hearth, tmp_path: Path) -> None:
    template = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "{% for message in messages %}[{{ message.content }}]{% endfor %}"
    )
    path = write_pico(tmp_path / "pico.gguf", chat_template=template)
    shown = hearth("models", "template", str(path))
    assert shown.status == 0, shown.err
    assert "no system role" in shown.err
    assert "capital" in shown.out.replace("\n", "") or "France" in shown.out


def test_template_of_a_model_that_does_not_run_here(hearth: Hearth, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hub", as_hub(llama_arrays()))
    settings = {
        "chat_template": "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}"
        "{{ eos_token }}{% endfor %}",
        "bos_token": "<s>",
        "eos_token": {"content": "</s>"},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    shown = hearth("models", "template", str(folder))
    assert shown.status == 0, shown.err
    assert shown.out.startswith("<s><system>You are a helpful assistant.</s><user>")
    assert "No token borders" in shown.err


def test_no_template_at_all(hearth: Hearth, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hub", as_hub(llama_arrays()))
    assert hearth("models", "template", str(folder)).status == 1
    assert "no chat template" in hearth("models", "template", str(folder), "--source").err


def test_diff_with_an_adapter(hearth: Hearth, tmp_path: Path) -> None:
    name = "blk.0.attn_q.weight"
    base = write_gguf(tmp_path / "base.gguf", llama_arrays())
    rng = np.random.default_rng(0)
    halves = {
        f"{name}.lora_a": rng.standard_normal((4, 64)).astype(np.float32),
        f"{name}.lora_b": rng.standard_normal((64, 4)).astype(np.float32),
    }
    adapter = write_lora(tmp_path / "lora.gguf", halves, alpha=8.0)
    shown = hearth("models", "diff", str(base), str(adapter))
    assert "The adapter fits, and changes 1 tensor." in shown.out
    (change,) = json.loads(hearth("models", "diff", str(base), str(adapter), "--json").out)[
        "adapter"
    ]
    assert (change["name"], change["rank"]) == (name, 4)
    stranger = write_lora(tmp_path / "other.gguf", halves, alpha=8.0, architecture="qwen2")
    refused = hearth("models", "diff", str(base), str(stranger))
    assert refused.status == 1
    assert "made for qwen2" in refused.err
