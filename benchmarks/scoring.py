"""How much of the engine's raw prompt speed is left when every second token is scored.

Three take turns, window by window of a text, each in a process of its own:

    prompt   the raw API in a plain loop, logits for the last token alone: reading a prompt
    logits   the same loop, logits for the second half of the window, of which nothing is read
    score    `hearth.engine.scoring` on the same windows: log p of the second half, in float64

`score` against `logits` is what scoring itself costs; `score` against `prompt` also holds the
output matrix, which a prompt needs for one token and a score for half of them, and which is a fifth
of a small model. With a second model, `compare` is set against both loops of both models.

    python benchmarks/scoring.py MODEL.gguf [--candidate OTHER.gguf] [--threads 2] [--rounds 15]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import llama_cpp as L

from hearth.config import load_config
from hearth.engine.scoring import ScoringSettings, open_pair, open_scorer
from hearth.measure.perplexity import own_text
from hearth.measure.statistics import paired_ratio

WINDOW = 512
WARM_UP = 2


class RawWindows:
    """One model, one context, windows from an empty memory."""

    def __init__(self, path: str, threads: int) -> None:
        self.quiet = L.llama_log_callback(lambda *_: None)
        L.llama_log_set(self.quiet, None)
        L.llama_backend_init()
        self.model = L.llama_model_load_from_file(path.encode(), L.llama_model_default_params())
        params = L.llama_context_default_params()
        params.n_ctx = params.n_batch = params.n_ubatch = WINDOW
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = True
        self.context = L.llama_init_from_model(self.model, params)
        self.memory = L.llama_get_memory(self.context)
        self.batch = L.llama_batch_init(WINDOW, 0, 1)

    def run(self, tokens: list[int], first_logits: int) -> float:
        """Compute a window; return the seconds it took."""
        L.llama_memory_clear(self.memory, False)
        for row, token in enumerate(tokens):
            self.batch.token[row], self.batch.pos[row], self.batch.n_seq_id[row] = token, row, 1
            self.batch.seq_id[row][0], self.batch.logits[row] = 0, row >= first_logits
        self.batch.n_tokens = len(tokens)
        began = time.perf_counter()
        if L.llama_decode(self.context, self.batch) != 0:
            raise RuntimeError("llama_decode failed")
        L.llama_synchronize(self.context)
        return time.perf_counter() - began


class RawProcess:
    """`RawWindows` in a child, so that its threads are not ours."""

    def __init__(self, path: str, threads: int) -> None:
        words = [sys.executable, __file__, path, "--threads", str(threads), "--raw"]
        self.child = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, tokens: list[int], first_logits: int) -> float:
        self.child.stdin.write(json.dumps([tokens, first_logits]) + "\n")
        self.child.stdin.flush()
        return float(self.child.stdout.readline())

    def close(self) -> None:
        self.child.stdin.close()
        self.child.wait()


def serve(path: str, threads: int) -> None:
    windows = RawWindows(path, threads)
    for line in sys.stdin:
        print(windows.run(*json.loads(line)), flush=True)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(contestants: dict[str, Callable[[list[int]], float]], windows: list[list[int]]) -> dict:
    """Return seconds by contestant; each window meets all of them, in an order that turns."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number, window in enumerate(windows):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            seconds = contestants[name](window)
            if number >= WARM_UP:
                found[name].append(seconds)
    return found


def report(found: dict[str, list[float]], name: str, against: list[str]) -> None:
    for each, seconds in found.items():
        print(f"{each:>8}  {WINDOW / statistics.median(seconds):8.1f} tokens/s")
    for other in against:
        ratio = paired_ratio(found[other], found[name])
        print(f"{name} has {ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f}) of {other}")


def one_model(args: argparse.Namespace, config) -> list[list[int]]:
    settings = ScoringSettings(context=WINDOW, threads=args.threads)
    raw = RawProcess(args.model, args.threads)
    with open_scorer(args.model, settings, config=config) as scorer:
        tokens = scorer.tokenize(own_text().content)
        total = (args.rounds + WARM_UP) * WINDOW
        tokens = (tokens * (total // len(tokens) + 1))[:total]
        windows = [tokens[begin : begin + WINDOW] for begin in range(0, total, WINDOW)]
        half = WINDOW // 2 + 1
        found = measure(
            {
                "prompt": lambda window: raw.run(window, WINDOW - 1),
                "logits": lambda window: raw.run(window, half - 1),
                "score": lambda window: timed(lambda: scorer.score(window, start=half)),
            },
            windows,
        )
    raw.close()
    report(found, "score", ["prompt", "logits"])
    return windows


def two_models(args: argparse.Namespace, config, windows: list[list[int]]) -> None:
    settings = ScoringSettings(context=WINDOW, threads=args.threads)
    raws = [RawProcess(path, args.threads) for path in (args.model, args.candidate)]
    half = WINDOW // 2 + 1
    with open_pair(args.model, args.candidate, settings, config=config) as pair:
        found = measure(
            {
                "prompt": lambda window: sum(raw.run(window, WINDOW - 1) for raw in raws),
                "logits": lambda window: sum(raw.run(window, half - 1) for raw in raws),
                "compare": lambda window: timed(lambda: pair.compare(window, start=half)),
            },
            windows,
        )
    for raw in raws:
        raw.close()
    report(found, "compare", ["prompt", "logits"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--candidate")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--raw", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.raw:
        serve(args.model, args.threads)
        return
    with tempfile.TemporaryDirectory() as home:
        config = load_config(home=Path(home), other_programs=False)
        windows = one_model(args, config)
        if args.candidate:
            two_models(args, config, windows)


if __name__ == "__main__":
    main()
