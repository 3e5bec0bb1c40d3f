"""Time prompts and steps of the raw engine for several files, by how their weights lie.

    python benchmarks/layouts.py A.gguf A.gguf:plain B.gguf --rows 1,2,4,8,16,32 --prompt 512

A file is loaded as llama.cpp does by itself, or as it lies with `:plain`. All of them are there at
once and take turns, so that a machine that slows down slows all of them down. The rows of a step
belong to as many sequences, as answers side by side do. A table of tokens a second is written:
medians, and for each the median of paired ratios to the first.
"""

from __future__ import annotations

import argparse
import statistics
import time

from workloads.raw_loop import MAX_SEQUENCES, L, RawLoop

PLAIN = ":plain"
TURNS = 2  # of each size in a round, whose faster one counts


def loop_of(given: str, threads: int, prompt: int) -> RawLoop:
    path = given.removesuffix(PLAIN)
    return RawLoop(path, threads, max(prompt, 512), repack=given == path)


def speed(loop: RawLoop, rows: list[tuple[int, int, int, bool]]) -> float:
    """Return tokens a second of one step that begins on empty memory."""
    L.llama_memory_clear(loop.memory, False)
    began_s = time.perf_counter()
    for start in range(0, len(rows), 512):
        loop.decode(rows[start : start + 512])
    L.llama_synchronize(loop.context)
    return len(rows) / (time.perf_counter() - began_s)


def prompt_rows(count: int) -> list[tuple[int, int, int, bool]]:
    return [(100 + i % 5000, i, 0, i == count - 1) for i in range(count)]


def answer_rows(count: int) -> list[tuple[int, int, int, bool]]:
    return [(100 + i, 0, i, True) for i in range(count)]


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--rows", type=numbers, default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=8)
    args = parser.parse_args()
    if max(args.rows) > MAX_SEQUENCES:
        parser.error(f"at most {MAX_SEQUENCES} rows are possible")
    loops = {given: loop_of(given, args.threads, args.prompt) for given in args.models}
    steps = {f"prompt of {args.prompt}": prompt_rows(args.prompt)}
    steps |= {f"{rows} answers": answer_rows(rows) for rows in args.rows}
    found = {(given, name): list[float]() for given in loops for name in steps}
    for _ in range(args.rounds):
        for name, rows in steps.items():
            for given, loop in loops.items():
                best = max(speed(loop, rows) for _ in range(TURNS))
                found[given, name].append(best)
    first = args.models[0]
    print("| model | " + " | ".join(steps) + " |")
    print("| --- |" + " ---: |" * len(steps))
    for given in loops:
        cells = []
        for name in steps:
            pairs = zip(found[given, name], found[first, name], strict=True)
            ratio = statistics.median(own / its for own, its in pairs)
            cells.append(f"{statistics.median(found[given, name]):.1f} ({ratio:.2f})")
        print(f"| {given.rpartition('/')[2]} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
