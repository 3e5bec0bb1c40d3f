"""Run a model file through the engine itself: run as a script, prints what came out as JSON.

Usage: stand_in_run.py FILE TOKEN-IDS-AS-JSON. A batch of the tokens goes in, then a few more tokens
one by one. Printed are whether all scores were finite, and how many experts each layer used.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import llama_cpp
import numpy as np

STEPS = 3
CHOSEN = "ffn_moe_topk-"  # llama.cpp's name for the experts chosen in a layer


class Experts:
    """Collects which experts each layer chooses, while the engine computes."""

    def __init__(self) -> None:
        self.used: dict[str, set[int]] = {}
        folder = Path(llama_cpp.__file__).parent / "lib"
        self._ggml = ctypes.CDLL(str(next(folder.glob("libggml-base.*"))))
        self._ggml.ggml_get_name.restype = ctypes.c_char_p
        self._ggml.ggml_get_name.argtypes = [ctypes.c_void_p]
        self._ggml.ggml_nelements.restype = ctypes.c_int64
        self._ggml.ggml_nelements.argtypes = [ctypes.c_void_p]
        kinds = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
        self._ggml.ggml_backend_tensor_get.argtypes = kinds

    def see(self, tensor: int, ask: bool, _data: object) -> bool:
        """Take the chosen experts of a layer; called for each tensor of the graph."""
        name = self._ggml.ggml_get_name(tensor).decode()
        if not name.startswith(CHOSEN):
            return not ask
        if not ask:
            count = self._ggml.ggml_nelements(tensor)
            found = (ctypes.c_int32 * count)()
            self._ggml.ggml_backend_tensor_get(tensor, found, 0, 4 * count)
            self.used.setdefault(name.removeprefix(CHOSEN), set()).update(found)
        return True


def run(path: str, tokens: list[int]) -> dict[str, object]:
    """Load a file, put tokens in, and say what came out."""
    llama_cpp.llama_backend_init()
    lines: list[str] = []
    log = llama_cpp.llama_log_callback(lambda _level, line, _data: lines.append(line.decode()))
    llama_cpp.llama_log_set(log, None)
    model = llama_cpp.llama_model_load_from_file(
        path.encode(), llama_cpp.llama_model_default_params()
    )
    if not model:
        raise SystemExit("".join(lines)[-2000:])
    experts = Experts()
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = 256, 256, 256
    params.n_threads = params.n_threads_batch = 1
    see = llama_cpp.ggml_backend_sched_eval_callback(experts.see)
    params.cb_eval = see
    context = llama_cpp.llama_init_from_model(model, params)
    vocab_size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    batches = [tokens, *([tokens[step]] for step in range(STEPS))]
    finite, largest = True, 0.0
    for batch in batches:
        ids = (llama_cpp.llama_token * len(batch))(*batch)
        if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(ids, len(batch))):
            raise SystemExit("".join(lines)[-2000:])
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), (vocab_size,))
        finite = finite and bool(np.isfinite(logits).all())
        largest = max(largest, float(np.abs(logits).max()))
    used = {layer: len(ids) for layer, ids in experts.used.items()}
    return {"finite": finite, "largest": largest, "experts": used, "vocab": vocab_size}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1], json.loads(sys.argv[2]))))
