"""Write models of a few tensors, in both formats, and open them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType, quants
from safetensors.numpy import save_file

from hearth.models.formats.files import local_files
from hearth.models.identify import identify_files
from hearth.models.opening import OpenModel

Arrays = Mapping[str, np.ndarray]


@contextmanager
def opened(path: Path) -> Iterator[OpenModel]:
    """Open a model on disk."""
    with local_files(path) as files:
        yield OpenModel(card=identify_files(files), files=files)


def write_gguf(
    path: Path,
    arrays: Arrays,
    *,
    kinds: Mapping[str, GGMLQuantizationType] | None = None,
    **entries: Any,
) -> Path:
    """Write a llama model with these tensors; `kinds` names those that are quantized."""
    writer = gguf.GGUFWriter(str(path), entries.pop("architecture", "llama"))
    width = next(iter(arrays.values())).shape[-1]
    writer.add_context_length(entries.pop("context", 128))
    writer.add_embedding_length(width)
    writer.add_block_count(2)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_vocab_size(len(arrays["token_embd.weight"]))
    for key, value in entries.items():
        writer.add_string(key.replace("__", "."), value)
    for name, array in arrays.items():
        kind = (kinds or {}).get(name)
        if kind is None:
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, quants.quantize(array, kind), raw_dtype=kind)
    _finish(writer)
    return path


def write_lora(path: Path, arrays: Arrays, *, alpha: float, architecture: str = "llama") -> Path:
    """Write a LoRA adapter as a GGUF."""
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, array in arrays.items():
        writer.add_tensor(name, array)
    _finish(writer)
    return path


def _finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_folder(folder: Path, arrays: Arrays, **config: Any) -> Path:
    """Write a llama model as a folder of the hub's layout."""
    folder.mkdir()
    width = arrays["model.embed_tokens.weight"].shape[1]
    described = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": width,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 2 * width,
        "vocab_size": len(arrays["model.embed_tokens.weight"]),
        "max_position_embeddings": 128,
    } | config
    (folder / "config.json").write_text(json.dumps(described))
    save_file(dict(arrays), folder / "model.safetensors")
    return folder


def llama_arrays(seed: int = 0, *, width: int = 64, vocab: int = 32) -> dict[str, np.ndarray]:
    """Return the tensors of two layers under the names of a GGUF."""
    rng = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (rng.standard_normal((rows, columns)) / 8).astype(np.float32)

    arrays = {"token_embd.weight": matrix(vocab, width), "output.weight": matrix(vocab, width)}
    arrays["output_norm.weight"] = np.ones(width, np.float32)
    for layer in range(2):
        block = f"blk.{layer}"
        arrays[f"{block}.attn_norm.weight"] = np.ones(width, np.float32)
        arrays[f"{block}.attn_q.weight"] = matrix(width, width)
        arrays[f"{block}.attn_k.weight"] = matrix(width // 2, width)
        arrays[f"{block}.attn_v.weight"] = matrix(width // 2, width)
        arrays[f"{block}.attn_output.weight"] = matrix(width, width)
        arrays[f"{block}.ffn_down.weight"] = matrix(width, 2 * width)
    return arrays


_HUB_NAMES = {
    "token_embd": "model.embed_tokens",
    "output": "lm_head",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_down": "mlp.down_proj",
}


def as_hub(arrays: Arrays) -> dict[str, np.ndarray]:
    """Return a llama GGUF's tensors as the PyTorch model had them: names, and order of rows."""
    found = {}
    for name, array in arrays.items():
        *block, last, _ = name.split(".")
        prefix = f"model.layers.{block[1]}." if block else ""
        heads = {"attn_q": 4, "attn_k": 2}.get(last)
        if heads:  # undo what the converter does
            array = array.reshape(heads, -1, 2, array.shape[1]).swapaxes(1, 2).reshape(array.shape)
        found[f"{prefix}{_HUB_NAMES[last]}.weight"] = np.ascontiguousarray(array)
    return found
