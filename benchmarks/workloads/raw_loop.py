"""The yardstick: llama-cpp-python's low-level API in a plain loop, with nothing around it.

Runs as a process of its own that reads one JSON command a line from stdin and writes one JSON
result a line to stdout, so that it can be timed in turn with a server. It samples greedily by
argmax over the logits, ignores the end of text, and shares nothing between prompts.

    python benchmarks/workloads/raw_loop.py MODEL.gguf --threads 2 --context 8192
"""

from __future__ import annotations

import argparse
import ctypes
import json
import sys
import time
from typing import Any

import llama_cpp as L
import numpy as np

MAX_SEQUENCES = 32


class RawLoop:
    """One model, one context."""

    def __init__(
        self,
        path: str,
        threads: int,
        context: int,
        *,
        flash_attention: bool | None = None,
        micro_batch: int = 512,
        repack: bool = True,
    ) -> None:
        self.quiet = L.llama_log_callback(lambda *_: None)
        L.llama_log_set(self.quiet, None)
        L.llama_backend_init()
        model_params = L.llama_model_default_params()
        model_params.use_extra_bufts = repack
        self.model = L.llama_model_load_from_file(path.encode(), model_params)
        self.vocab = L.llama_model_get_vocab(self.model)
        self.vocab_size = L.llama_vocab_n_tokens(self.vocab)
        params = L.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = context, 512, micro_batch
        params.n_seq_max, params.kv_unified, params.no_perf = MAX_SEQUENCES, True, True
        params.n_threads = params.n_threads_batch = threads
        if flash_attention is not None:
            params.flash_attn_type = int(flash_attention)
        self.context = L.llama_init_from_model(self.model, params)
        self.memory = L.llama_get_memory(self.context)
        self.batch = L.llama_batch_init(512, 0, 1)

    def tokenize(self, text: str) -> list[int]:
        raw = text.encode()
        tokens = (ctypes.c_int32 * (len(raw) + 8))()
        count = L.llama_tokenize(self.vocab, raw, len(raw), tokens, len(tokens), True, True)
        return list(tokens[:count])

    def decode(self, rows: list[tuple[int, int, int, bool]]) -> None:
        for i, (token, position, sequence, wants_logits) in enumerate(rows):
            self.batch.token[i] = token
            self.batch.pos[i] = position
            self.batch.n_seq_id[i] = 1
            self.batch.seq_id[i][0] = sequence
            self.batch.logits[i] = wants_logits
        self.batch.n_tokens = len(rows)
        result = L.llama_decode(self.context, self.batch)
        if result != 0:
            raise RuntimeError(f"llama_decode: {result}")

    def best(self, row: int) -> int:
        logits = L.llama_get_logits_ith(self.context, row)
        return int(np.ctypeslib.as_array(logits, (self.vocab_size,)).argmax())

    def prefill(self, tokens: list[int], sequence: int) -> int:
        """Compute a prompt in chunks of 512 and return the first token of the answer."""
        for start in range(0, len(tokens), 512):
            chunk = tokens[start : start + 512]
            last = start + len(chunk) == len(tokens)
            self.decode(
                [
                    (token, start + i, sequence, last and i == len(chunk) - 1)
                    for i, token in enumerate(chunk)
                ]
            )
        return self.best(len(chunk) - 1)

    def run(self, prompts: list[str], num_tokens: int) -> dict[str, Any]:
        """Answer several prompts as one batch; times in seconds from the start."""
        L.llama_memory_clear(self.memory, False)
        began = time.perf_counter()
        token_lists = [self.tokenize(prompt) for prompt in prompts]
        latest, firsts = [], []
        for sequence, tokens in enumerate(token_lists):
            latest.append(self.prefill(tokens, sequence))
            firsts.append(time.perf_counter() - began)
        for step in range(num_tokens - 1):
            self.decode(
                [(token, len(token_lists[i]) + step, i, True) for i, token in enumerate(latest)]
            )
            latest = [self.best(i) for i in range(len(latest))]
        return {
            "first_s": firsts,
            "total_s": time.perf_counter() - began,
            "prompt_tokens": [len(tokens) for tokens in token_lists],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--context", type=int, default=8192)
    args = parser.parse_args()
    loop = RawLoop(args.model, args.threads, args.context)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(loop.run(command["prompts"], command["num_tokens"])), flush=True)


if __name__ == "__main__":
    main()
