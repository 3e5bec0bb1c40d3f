"""What a worker takes besides the model: Python, libraries, the tokenizer, the ledger of cells.

Figures measured here with workers that loaded models of the same shape and different vocabularies
and pools; they are in the log of experiments.
"""

from __future__ import annotations

from hearth.models.gguf.info import ModelInfo

WORKER_BYTES = 30 * 2**20  # Python with NumPy, buffers of the engine, threads
LIBRARY_BYTES = 24 * 2**20  # pages of programs and libraries, most of them shared
TEMPLATE_BYTES = 18 * 2**20  # the process that renders templates
CELL_BYTES = 100  # of the ledgers, for each cell
# Of the tokenizer, for each token: its text, the way back from text to token, and for the kinds
# that merge pairs a table of these.
TOKEN_BYTES = {"gpt2": 400, "llama": 150}
OTHER_TOKEN_BYTES = 400


def worker_bytes(info: ModelInfo, *, cells: int) -> int:
    """Estimate the worker's own memory without model, scratch memory and libraries.

    Args:
        info: The model, for its tokenizer.
        cells: Tokens in the shared memory.
    """
    token_bytes = TOKEN_BYTES.get(info.tokenizer or "", OTHER_TOKEN_BYTES)
    return WORKER_BYTES + token_bytes * info.vocab_size + CELL_BYTES * cells
