"""Time steps of the raw engine with flash attention and without, by rows and tokens before them.

    python benchmarks/attention.py MODEL.gguf --threads 2 --depths 0,2048,4096 --rows 1,4,20,64,512

Each computes as many rows at once as a load would have it. Both contexts are there and take turns,
in the order A B B A. A table of milliseconds is written, with the ratio of the medians: above 1, a
step takes less without.
"""

from __future__ import annotations

import argparse
import statistics
import time

from hearth.plan.sizing import micro_batch
from workloads.raw_loop import L, RawLoop

ORDER = ("with", "without", "without", "with")


class Steps:
    """Steps of one sequence behind a text that is computed once.

    Args:
        loop: Whose context is used.
    """

    def __init__(self, loop: RawLoop) -> None:
        self._loop = loop
        self._depth = 0

    def go_to(self, depth: int) -> None:
        """Compute the text up to a depth."""
        while self._depth < depth:
            count = min(512, depth - self._depth)
            self._decode(count)
            self._depth += count

    def time_ms(self, num_rows: int) -> float:
        """Return how long a step takes, and take it back."""
        began_s = time.perf_counter()
        self._decode(num_rows)
        took_s = time.perf_counter() - began_s
        L.llama_memory_seq_rm(self._loop.memory, 0, self._depth, -1)
        return 1000 * took_s

    def _decode(self, count: int) -> None:
        tokens = [(self._depth + i) * 7 % 5000 + 100 for i in range(count)]
        self._loop.decode(
            [(token, self._depth + i, 0, i == count - 1) for i, token in enumerate(tokens)]
        )
        L.llama_synchronize(self._loop.context)


def raw_loop(path: str, threads: int, context: int, *, flash_attention: bool) -> RawLoop:
    return RawLoop(
        path,
        threads,
        context,
        flash_attention=flash_attention,
        micro_batch=micro_batch(flash_attention=flash_attention).value,
    )


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--depths", type=numbers, default=[0, 2048, 4096])
    parser.add_argument("--rows", type=numbers, default=[1, 4, 20, 64, 512])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    context = max(args.depths) + max(args.rows)
    sides = {
        name: Steps(raw_loop(args.model, args.threads, context, flash_attention=name == "with"))
        for name in dict.fromkeys(ORDER)
    }
    print("| tokens before | rows | with, ms | without, ms | times as fast without |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for depth in sorted(args.depths):
        for side in sides.values():
            side.go_to(depth)
        for rows in args.rows:
            for side in sides.values():
                side.time_ms(rows)  # the first step of a size builds its graph
            found: dict[str, list[float]] = {name: [] for name in sides}
            for _ in range(args.rounds):
                for name in ORDER:
                    found[name].append(sides[name].time_ms(rows))
            with_ms, without_ms = (statistics.median(found[name]) for name in sides)
            ratio = with_ms / without_ms
            print(f"| {depth:,} | {rows} | {with_ms:.1f} | {without_ms:.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
