"""What the engine itself would allocate for a model: run as a script, prints bytes as JSON.

llama.cpp can go through all of loading without taking memory (`no_alloc`), so a header on a sparse
file is enough to ask about a model of any size. Usage: allocations.py FILE SETTINGS-AS-JSON
"""

from __future__ import annotations

import json
import math
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


def write_shape(path: Path, *, architecture: str = "llama", **sizes: int) -> Path:
    """Write the header of a model of any size on a sparse file.

    Args:
        path: File to write.
        architecture: "llama", "qwen3", "qwen3moe" or "gemma3".
        sizes: layers, width, ff, heads, kv_heads, vocab; also head_size, experts, used, window.
    """
    head_size = sizes.get("head_size", sizes["width"] // sizes["heads"])
    lines, offset = [], 0
    for name, shape in _tensors(architecture, head_size, sizes).items():
        is_small = len(shape) == 1 or name.endswith("gate_inp")
        kind, size_bytes = (0, 4) if is_small else (1, 2)
        lines.append(tensor(f"{name}.weight", shape, kind=kind, offset=offset))
        offset += -(-size_bytes * math.prod(shape) // 32) * 32
    numbers = {
        "block_count": sizes["layers"],
        "context_length": 2**20,
        "embedding_length": sizes["width"],
        "feed_forward_length": sizes["ff"],
        "attention.head_count": sizes["heads"],
        "attention.head_count_kv": sizes["kv_heads"],
        "attention.key_length": head_size,
        "attention.value_length": head_size,
        "vocab_size": sizes["vocab"],
    }
    if "experts" in sizes:
        numbers |= {"expert_count": sizes["experts"], "expert_used_count": sizes["used"]}
        numbers["expert_feed_forward_length"] = sizes["ff"]
    if "window" in sizes:
        numbers["attention.sliding_window"] = sizes["window"]
    epsilon = entry(f"{architecture}.attention.layer_norm_rms_epsilon", F32, value(F32, 1e-5))
    entries = [text("general.architecture", architecture), text("tokenizer.ggml.model", "no_vocab")]
    entries += [u32(f"{architecture}.{key}", number) for key, number in numbers.items()]
    head = gguf([*entries, epsilon], lines)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + offset)
    return path


def _tensors(
    architecture: str, head_size: int, sizes: dict[str, int]
) -> dict[str, tuple[int, ...]]:
    width, ff, vocab = sizes["width"], sizes["ff"], sizes["vocab"]
    queries, keys = head_size * sizes["heads"], head_size * sizes["kv_heads"]
    layer: dict[str, tuple[int, ...]] = {
        "attn_norm": (width,),
        "attn_q": (width, queries),
        "attn_k": (width, keys),
        "attn_v": (width, keys),
        "attn_output": (queries, width),
        "ffn_norm": (width,),
    }
    if architecture != "llama":
        layer |= {"attn_q_norm": (head_size,), "attn_k_norm": (head_size,)}
    if architecture == "gemma3":
        layer |= {"post_attention_norm": (width,), "post_ffw_norm": (width,)}
    if "experts" in sizes:
        num = sizes["experts"]
        layer |= {"ffn_gate_inp": (width, num), "ffn_gate_exps": (width, ff, num)}
        layer |= {"ffn_up_exps": (width, ff, num), "ffn_down_exps": (ff, width, num)}
    else:
        layer |= {"ffn_gate": (width, ff), "ffn_up": (width, ff), "ffn_down": (ff, width)}
    ends = {"token_embd": (width, vocab), "output_norm": (width,), "output": (width, vocab)}
    blocks = {
        f"blk.{index}.{name}": shape
        for index in range(sizes["layers"])
        for name, shape in layer.items()
    }
    return ends | blocks


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
