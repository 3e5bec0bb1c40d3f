"""The llama architecture in NumPy, from a GGUF's own weights: slow, short and of nobody's engine.

Weights are dequantized by the `gguf` library, and everything is computed in float32 as
transformers does it. Source: Touvron et al., "LLaMA" (arXiv 2302.13971); the order of rows in
GGUF's query and key weights pairs neighbours for the rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
from gguf.quants import dequantize


class NumpyLlama:
    """A model of the llama family.

    Args:
        path: A GGUF file.
    """

    def __init__(self, path: Path) -> None:
        reader = gguf.GGUFReader(path)
        self._weights = {tensor.name: tensor for tensor in reader.tensors}

        def number(key: str, default: float | None = None) -> float:
            field = reader.fields.get(f"llama.{key}")
            return default if field is None else field.contents()

        self._num_layers = int(number("block_count"))
        self._num_heads = int(number("attention.head_count"))
        self._num_kv_heads = int(number("attention.head_count_kv"))
        self._epsilon = number("attention.layer_norm_rms_epsilon")
        self._base = number("rope.freq_base", 10_000.0)

    def logits(self, tokens: Sequence[int]) -> np.ndarray:
        """Return the logits behind every token, shape (num_tokens, vocab_size)."""
        hidden = self._matrix("token_embd.weight")[list(tokens)]
        for layer in range(self._num_layers):
            hidden = hidden + self._attention(self._norm(hidden, f"blk.{layer}.attn_norm"), layer)
            hidden = hidden + self._feed_forward(self._norm(hidden, f"blk.{layer}.ffn_norm"), layer)
        output = "output.weight" if "output.weight" in self._weights else "token_embd.weight"
        return self._norm(hidden, "output_norm") @ self._matrix(output).T

    def _attention(self, x: np.ndarray, layer: int) -> np.ndarray:
        length = len(x)
        query, key, value = (
            self._project(x, f"blk.{layer}.attn_{name}").reshape(length, heads, -1)
            for name, heads in (
                ("q", self._num_heads),
                ("k", self._num_kv_heads),
                ("v", self._num_kv_heads),
            )
        )
        shared = self._num_heads // self._num_kv_heads
        key, value = (np.repeat(each, shared, axis=1) for each in (self._rotated(key), value))
        scores = np.einsum("qhd,khd->hqk", self._rotated(query), key)
        scores = scores / np.sqrt(np.float32(query.shape[-1]))
        scores[:, np.triu(np.ones((length, length), bool), 1)] = -np.inf
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", weights, value).reshape(length, -1)
        return self._project(mixed, f"blk.{layer}.attn_output")

    def _feed_forward(self, x: np.ndarray, layer: int) -> np.ndarray:
        gate = self._project(x, f"blk.{layer}.ffn_gate")
        gated = gate / (1 + np.exp(-gate)) * self._project(x, f"blk.{layer}.ffn_up")
        return self._project(gated, f"blk.{layer}.ffn_down")

    def _rotated(self, x: np.ndarray) -> np.ndarray:
        """Rotate neighbouring pairs of numbers by angles that grow with the position."""
        length, _, size = x.shape
        frequencies = self._base ** (-np.arange(0, size, 2) / size)
        angles = np.outer(np.arange(length), frequencies)[:, None, :]
        cosine, sine = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        even, odd = x[..., 0::2], x[..., 1::2]
        turned = np.empty_like(x)
        turned[..., 0::2] = even * cosine - odd * sine
        turned[..., 1::2] = even * sine + odd * cosine
        return turned

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        scale = 1 / np.sqrt((x * x).mean(axis=-1, keepdims=True) + self._epsilon)
        return x * scale * self._matrix(f"{name}.weight")

    def _project(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self._matrix(f"{name}.weight").T

    def _matrix(self, name: str) -> np.ndarray:
        tensor = self._weights[name]
        return dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
