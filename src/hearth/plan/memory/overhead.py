"""What a worker takes besides the model: Python, libraries, the tokenizer, the ledger of cells.

Figures measured with workers that loaded models of the same shapes with different vocabularies and
pools, on Linux; they are in the log of experiments.
"""

from __future__ import annotations

from hearth.models.gguf.info import ModelInfo

WORKER_BYTES = 30 * 2**20  # Python with NumPy, buffers of the engine, threads
LIBRARY_BYTES = 24 * 2**20  # pages of programs and libraries, most of them shared
TEMPLATE_BYTES = 18 * 2**20  # the process that renders templates
CELL_BYTES = 100  # of the ledgers, for each cell
CANDIDATE_BYTES = 12  # llama_token_data: a token while it is chosen from
# Of the tokenizer, for each token: its text, the way back from text to token, and for the kind
# that merges pairs a table of these. A vocabulary without texts keeps an empty entry.
TOKEN_BYTES = {"gpt2": 390, "llama": 145, "no_vocab": 40}
OTHER_TOKEN_BYTES = 390
# Rows that go into a matrix are first rounded to 8 bits (Q8_K: 292 bytes for 256 numbers).
ROUNDED_BYTES = 292 / 256


def worker_bytes(info: ModelInfo, *, cells: int, batch_tokens: int) -> int:
    """Estimate the worker's own memory without model, scratch memory and libraries.

    Args:
        info: The model, for its tokenizer and the widest rows that it multiplies.
        cells: Tokens in the shared memory.
        batch_tokens: Tokens in one pass.
    """
    token_bytes = TOKEN_BYTES.get(info.tokenizer or "", OTHER_TOKEN_BYTES) + CANDIDATE_BYTES
    widest = info.feed_forward_length // max(info.num_experts_used, 1)
    rounded = int(ROUNDED_BYTES * batch_tokens * max(widest, info.embedding_length))
    return WORKER_BYTES + token_bytes * info.vocab_size + CELL_BYTES * cells + rounded
