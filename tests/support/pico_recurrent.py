"""Pico models with a running state: Mamba, and Jamba, which has attention in some layers."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

from support.pico import add_byte_level_vocabulary

WIDTH, INNER, STATE, RANK, KERNEL = 32, 64, 8, 4, 4
HEADS, KV_HEADS = 4, 2
RECURRENT = ("mamba", "jamba")


def write_recurrent(path: Path, architecture: str, *, context: int = 512) -> Path:
    """Write a model of random weights; of Jamba, the second layer attends."""
    writer = gguf.GGUFWriter(str(path), architecture)
    num_tokens = add_byte_level_vocabulary(writer)
    is_hybrid = architecture == "jamba"
    writer.add_name(path.stem)
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(2)
    writer.add_feed_forward_length(2 * WIDTH if is_hybrid else 0)
    writer.add_head_count(HEADS if is_hybrid else 0)
    writer.add_head_count_kv([0, KV_HEADS] if is_hybrid else 0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_ssm_conv_kernel(KERNEL)
    writer.add_ssm_inner_size(INNER)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_time_step_rank(RANK)
    writer.add_vocab_size(num_tokens)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for name, values in _tensors(num_tokens, is_hybrid=is_hybrid):
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(num_tokens: int, *, is_hybrid: bool) -> list[tuple[str, np.ndarray]]:
    rng = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return rng.standard_normal((rows, columns)) / np.sqrt(columns)

    tensors = [
        ("token_embd.weight", matrix(num_tokens, WIDTH) * np.sqrt(WIDTH)),
        ("output_norm.weight", np.ones(WIDTH)),
        ("output.weight", matrix(num_tokens, WIDTH) * 4.0),
    ]
    for layer in range(2):
        found = {"attn_norm.weight": np.ones(WIDTH)}
        if is_hybrid and layer == 1:
            size = WIDTH // HEADS
            found |= {
                "attn_q.weight": matrix(WIDTH, WIDTH),
                "attn_k.weight": matrix(KV_HEADS * size, WIDTH),
                "attn_v.weight": matrix(KV_HEADS * size, WIDTH),
                "attn_output.weight": matrix(WIDTH, WIDTH),
            }
        else:
            found |= {
                "ssm_in.weight": matrix(2 * INNER, WIDTH),
                "ssm_conv1d.weight": matrix(INNER, KERNEL),
                "ssm_conv1d.bias": np.zeros(INNER),
                "ssm_x.weight": matrix(RANK + 2 * STATE, INNER),
                "ssm_dt.weight": matrix(INNER, RANK),
                "ssm_dt.bias": np.zeros(INNER),
                "ssm_a": -np.tile(np.arange(1, STATE + 1), (INNER, 1)),
                "ssm_d": np.ones(INNER),
                "ssm_out.weight": matrix(WIDTH, INNER),
            }
        if is_hybrid:
            if layer == 0:
                found |= {
                    "ssm_dt_norm.weight": np.ones(RANK),
                    "ssm_b_norm.weight": np.ones(STATE),
                    "ssm_c_norm.weight": np.ones(STATE),
                }
            found |= {
                "ffn_norm.weight": np.ones(WIDTH),
                "ffn_gate.weight": matrix(2 * WIDTH, WIDTH),
                "ffn_up.weight": matrix(2 * WIDTH, WIDTH),
                "ffn_down.weight": matrix(WIDTH, 2 * WIDTH),
            }
        tensors += [(f"blk.{layer}.{name}", values) for name, values in found.items()]
    return tensors
