"""The model file that the benchmark makes: a llama with the starter's tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.models.gguf.info import inspect
from workloads.models import model_file, quantize, write_shape


@pytest.mark.starter
def test_a_shape_is_written_and_quantized(tmp_path: Path, starter_path: Path) -> None:
    plain = tmp_path / "shape.gguf"
    write_shape(plain, layers=1, width=256)
    info = inspect(quantize(plain, tmp_path / "small.gguf", "Q4_0"))
    starter = inspect(starter_path)
    assert (info.architecture, info.num_layers, info.embedding_length) == ("llama", 1, 256)
    assert (info.num_heads, info.num_kv_heads) == (32, 8)
    assert "Q4_0" in info.bytes_by_type
    assert (info.vocab_size, info.eos_token_id) == (starter.vocab_size, starter.eos_token_id)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".partial"] == []
    assert model_file("starter", tmp_path) == starter_path
