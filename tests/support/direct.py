"""Log-probabilities computed without Hearth: llama.cpp's raw API, and NumPy in double precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np

from hearth.engine.llama.library import library


def direct_logits(
    path: Path, tokens: Sequence[int], *, rows: int = 512, **settings: int
) -> np.ndarray:
    """Return the logits behind every token, computed in batches of a plain loop.

    Args:
        path: A GGUF file.
        tokens: A sequence.
        rows: Of a micro-batch.
        settings: Fields of llama_context_params.
    """
    library()  # it silences the log and starts the back-end
    model = llama_cpp.llama_model_load_from_file(
        str(path).encode(), llama_cpp.llama_model_default_params()
    )
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = max(rows, len(tokens))
    params.n_ubatch = rows
    params.n_threads = params.n_threads_batch = 1
    for name, value in settings.items():
        setattr(params, name, value)
    context = llama_cpp.llama_init_from_model(model, params)
    size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
    for row, token in enumerate(tokens):
        batch.token[row], batch.pos[row], batch.n_seq_id[row] = token, row, 1
        batch.seq_id[row][0], batch.logits[row] = 0, 1
    batch.n_tokens = len(tokens)
    try:
        assert llama_cpp.llama_decode(context, batch) == 0
        found = [
            np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, row), (size,)).copy()
            for row in range(len(tokens))
        ]
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)
    return np.array(found)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return log p of every token in every row, in double precision."""
    wide = logits.astype(np.float64)
    largest = wide.max(axis=1, keepdims=True)
    return wide - largest - np.log(np.exp(wide - largest).sum(axis=1, keepdims=True))


def direct_log_probs(path: Path, tokens: Sequence[int], **how: int) -> np.ndarray:
    """Return log p of each token but the first, given those before it."""
    table = log_softmax(direct_logits(path, tokens, **how))
    return table[np.arange(len(tokens) - 1), list(tokens[1:])]
