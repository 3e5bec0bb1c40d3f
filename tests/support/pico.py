"""Pico models: real llama architecture, random weights, a byte-level vocabulary, a few hundred kB.

They exercise every part of the engine that a large model does, and need no download. The weights
are float32 and fixed by a seed, so that two runs see the same model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MERGED = ("th", "the", "in", "an", "er", "Ġt", "Ġthe", "Ġa")
MERGES = ("t h", "th e", "i n", "a n", "e r", "Ġ t", "Ġt he", "Ġ a")


def byte_symbols() -> list[str]:
    """Return GPT-2's printable stand-ins for the 256 bytes, in byte order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols, spare = [], 256
    for byte in range(256):
        if byte in printable:
            symbols.append(chr(byte))
        else:
            symbols.append(chr(spare))
            spare += 1
    return symbols


def write_pico(
    path: Path,
    *,
    seed: int = 0,
    num_layers: int = 2,
    width: int = 64,
    num_heads: int = 4,
    num_kv_heads: int = 2,
    feed_forward: int = 128,
    context: int = 512,
    chat_template: str | None = CHATML,
    sharpness: float = 1.0,
    endless: bool = False,
    add_vocabulary: Callable[[gguf.GGUFWriter], int] | None = None,
    tensors_per_file: int = 0,
) -> Path:
    """Write a random llama model as a float32 GGUF and return its path.

    Args:
        path: File to write.
        seed: Seed of the weights.
        num_layers: Transformer blocks.
        width: Embedding width; the head size is `width / num_heads`.
        num_heads: Attention heads.
        num_kv_heads: Key and value heads (grouped-query attention when fewer).
        feed_forward: Width of the feed-forward layers.
        context: Context length that the header claims as trained.
        chat_template: Jinja template to store, or None for a model without one.
        sharpness: Scale of the output matrix; larger values give less even distributions.
        endless: Never let a special token be among the likeliest 40, to which answers are sampled
            by default: only a limit or whoever asked ends one.
        tensors_per_file: Split the model into files with at most so many tensors; 0 for one file.
        add_vocabulary: Writes the tokenizer and returns its size; byte-level BPE by default.
    """
    writer = gguf.GGUFWriter(str(path), "llama", split_max_tensors=tensors_per_file)
    num_tokens = (add_vocabulary or add_byte_level_vocabulary)(writer)
    if chat_template is not None:
        writer.add_chat_template(chat_template)
    rng = np.random.default_rng(seed)
    head_size = width // num_heads
    writer.add_name(path.stem)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(num_layers)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(num_heads)
    writer.add_head_count_kv(num_kv_heads)
    writer.add_rope_dimension_count(head_size)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(num_tokens)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    def matrix(rows: int, columns: int, scale: float = 1.0) -> np.ndarray:
        return (rng.standard_normal((rows, columns)) * scale / np.sqrt(columns)).astype(np.float32)

    kv_width = head_size * num_kv_heads
    writer.add_tensor("token_embd.weight", matrix(num_tokens, width, np.sqrt(width)))
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    output = matrix(num_tokens, width, 4.0 * sharpness)
    if endless:
        output[num_tokens - len(SPECIALS) :] = 0  # a logit of 0 is the median of the others
    writer.add_tensor("output.weight", output)
    for layer in range(num_layers):
        block = f"blk.{layer}"
        writer.add_tensor(f"{block}.attn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(f"{block}.attn_q.weight", matrix(width, width))
        writer.add_tensor(f"{block}.attn_k.weight", matrix(kv_width, width))
        writer.add_tensor(f"{block}.attn_v.weight", matrix(kv_width, width))
        writer.add_tensor(f"{block}.attn_output.weight", matrix(width, width))
        writer.add_tensor(f"{block}.ffn_norm.weight", np.ones(width, np.float32))
        writer.add_tensor(f"{block}.ffn_gate.weight", matrix(feed_forward, width))
        writer.add_tensor(f"{block}.ffn_up.weight", matrix(feed_forward, width))
        writer.add_tensor(f"{block}.ffn_down.weight", matrix(width, feed_forward))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_sentencepiece_pico(path: Path) -> Path:
    """Write a pico model with a SentencePiece vocabulary: a space first, and byte tokens."""
    return write_pico(path, add_vocabulary=_add_sentencepiece_vocabulary)


def add_byte_level_vocabulary(writer: gguf.GGUFWriter) -> int:
    """Write a small vocabulary in which every text can be spelled; return its size."""
    tokens = [*byte_symbols(), *MERGED, *SPECIALS]
    normal, control = gguf.TokenType.NORMAL, gguf.TokenType.CONTROL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([normal] * (256 + len(MERGED)) + [control] * len(SPECIALS))
    writer.add_token_merges(list(MERGES))
    writer.add_bos_token_id(len(tokens) - 3)
    writer.add_eos_token_id(len(tokens) - 1)
    return len(tokens)


def _add_sentencepiece_vocabulary(writer: gguf.GGUFWriter) -> int:
    words = ["▁", "▁the", "the", "in", "▁in", "an", "er", *"abcdefghijklmnopqrstuvwxyz"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *words]
    kinds = gguf.TokenType
    types = [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
    types += [kinds.BYTE] * 256 + [kinds.NORMAL] * len(words)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [float(len(word)) for word in words])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    return len(tokens)
