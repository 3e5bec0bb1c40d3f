"""What the engine itself would allocate for a model: run as a script, prints bytes as JSON.

llama.cpp can go through all of loading without taking memory (`no_alloc`), so a header on a sparse
file is enough to ask about a model of any size. Usage: allocations.py FILE SETTINGS-AS-JSON
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import llama_cpp

from support.gguf_bytes import entry, gguf, tensor, text, u32, value

F32 = 6
MIB = 2**20
KV_TYPES = {"f32": 0, "f16": 1, "q8_0": 8, "q4_0": 2}
PATTERNS = {
    "compute": r"compute buffer size *= *([0-9.]+) MiB",
    "kv": r"llama_kv_cache: size = *([0-9.]+) MiB",
    "output": r"output buffer size *= *([0-9.]+) MiB",
}


def write_shape(
    path: Path, *, layers: int, width: int, ff: int, heads: int, kv_heads: int, vocab: int
) -> Path:
    """Write the header of a llama model of any size on a sparse file."""
    head_size = width // heads
    shapes = {"token_embd": (width, vocab), "output_norm": (width,), "output": (width, vocab)}
    for layer in range(layers):
        shapes |= {
            f"blk.{layer}.attn_norm": (width,),
            f"blk.{layer}.attn_q": (width, head_size * heads),
            f"blk.{layer}.attn_k": (width, head_size * kv_heads),
            f"blk.{layer}.attn_v": (width, head_size * kv_heads),
            f"blk.{layer}.attn_output": (width, width),
            f"blk.{layer}.ffn_norm": (width,),
            f"blk.{layer}.ffn_gate": (width, ff),
            f"blk.{layer}.ffn_up": (width, ff),
            f"blk.{layer}.ffn_down": (ff, width),
        }
    lines, offset = [], 0
    for name, shape in shapes.items():
        kind, size = (0, 4) if len(shape) == 1 else (1, 2)
        lines.append(tensor(f"{name}.weight", shape, kind=kind, offset=offset))
        size_bytes = size * shape[0] * (shape[1] if len(shape) > 1 else 1)
        offset += -(-size_bytes // 32) * 32
    sizes = {
        "block_count": layers,
        "context_length": 2**20,
        "embedding_length": width,
        "feed_forward_length": ff,
        "attention.head_count": heads,
        "attention.head_count_kv": kv_heads,
        "vocab_size": vocab,
    }
    entries = [text("general.architecture", "llama"), text("tokenizer.ggml.model", "no_vocab")]
    entries += [u32(f"llama.{key}", number) for key, number in sizes.items()]
    entries += [entry("llama.attention.layer_norm_rms_epsilon", F32, value(F32, 1e-5))]
    head = gguf(entries, lines)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + offset)
    return path


def allocations(
    path: str, *, cells: int, micro_batch: int, sequences: int, kv_type: str, flash: bool
) -> dict[str, int]:
    """Let llama.cpp load a model without memory, and return the sizes that it logs."""
    lines: list[str] = []
    callback = llama_cpp.llama_log_callback(lambda _level, line, _data: lines.append(line.decode()))
    llama_cpp.llama_log_set(callback, None)
    llama_cpp.llama_backend_init()
    model_params = llama_cpp.llama_model_default_params()
    model_params.no_alloc, model_params.load_mode = True, 0
    model = llama_cpp.llama_model_load_from_file(path.encode(), model_params)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = cells, micro_batch, micro_batch
    params.n_seq_max = params.n_outputs_max = sequences
    params.kv_unified = params.swa_full = True
    params.type_k = params.type_v = KV_TYPES[kv_type]
    params.flash_attn_type = int(flash)
    context = llama_cpp.llama_init_from_model(model, params)
    logged = "".join(lines)
    if not model or not context:
        raise SystemExit(logged)
    found = {
        name: int(sum(float(size) for size in re.findall(pattern, logged)) * MIB)
        for name, pattern in PATTERNS.items()
    }
    return found | {"weights": int(llama_cpp.llama_model_size(model))}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(allocations(sys.argv[1], **json.loads(sys.argv[2]))))
