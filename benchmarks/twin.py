"""Stand-ins beside the real files that they stand for: memory by part, and speed, in turn.

    python benchmarks/twin.py                          # eight files, five repeats
    python benchmarks/twin.py --only llama,starter --repeats 9 --json twin.json

The real files have real bytes: shapes of public models, scaled down, with random weights, quantized
by llama.cpp itself; and the starter model, as it is and quantized anew. A stand-in is made from the
header of each. Both are loaded and measured by the code of `hearth try`, in the order A B, B A ...;
each repeat gives one ratio of two runs that stood next to each other. The stand-in passes where its
memory is within 1 % and its speed differs by no more than the real file differs from itself.
Nothing else should run meanwhile; the load average is part of the report.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from hearth.config import Config, load_config
from hearth.machine.probe import read_machine
from hearth.measure.twin import TwinOptions, TwinRun
from hearth.measure.twin.original import USED_TOKENS, write_whole
from hearth.measure.twin.plan import plan_twin
from hearth.measure.twin.run import FileRun, Scope, scope_of
from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.models.gguf.header import read_header
from hearth.models.gguf.info import inspect
from hearth.models.gguf.parts import read_parts
from workloads.models import quantize, starter

MEMORY_LIMIT = 0.01
BANK_VALUES = 1 << 20  # random numbers that weights are taken from
OPTIONS = TwinOptions(context=2048, prompt_tokens=256, repeats=3)
# Name, public model, sizes in place of its own, quantization.
MADE = (
    ("llama", "Llama-3.2-1B", {"num_layers": 8, "width": 1024, "vocab_size": 32_000}, "Q4_K_M"),
    ("qwen3", "Qwen3-0.6B", {"num_layers": 8, "vocab_size": 32_000}, "Q6_K"),
    ("gemma3", "gemma-3-1b-it", {"num_layers": 12, "vocab_size": 32_000}, "Q8_0"),
    ("experts", "OLMoE-1B-7B-0924", {"num_layers": 6, "width": 512}, "Q4_0"),
    ("hybrid", "LFM2-1.2B", {"num_layers": 8, "width": 1024, "vocab_size": 32_000}, "Q5_K_M"),
    ("recurrent", "mamba-130m-hf", {"num_layers": 12}, "Q8_0"),
)
REQUANTIZED = (("starter-Q4_0", "Q4_0"), ("starter-Q4_K_M", "Q4_K_M"))


@dataclass
class Row:
    """One file: what both sides gave in each repeat."""

    name: str
    quantization: str
    size_bytes: int
    real: list[TwinRun] = field(default_factory=list)
    twin: list[TwinRun] = field(default_factory=list)

    def ratios(self, figure: Callable[[TwinRun], float]) -> list[float]:
        return [figure(b) / figure(a) for a, b in zip(self.real, self.twin, strict=True)]

    def spread(self, figure: Callable[[TwinRun], float]) -> float:
        """Return how much the real file differs from itself, run to run."""
        values = [figure(run) for run in self.real]
        return (max(values) - min(values)) / statistics.median(values)


def prompt_speed(run: TwinRun) -> float:
    return run.prompts[-1].tokens_per_s.value


def decode_speed(run: TwinRun) -> float:
    return run.decodes[-1].tokens_per_s.value


def allocated(run: TwinRun) -> float:
    return run.memory.allocated_bytes


def resident(run: TwinRun) -> float:
    return (run.memory.anonymous_bytes or 0) + (run.memory.file_bytes or 0)


# -- real files --


def write_random(path: Path, model: str, sizes: dict[str, int], seed: int) -> Path:
    """Write a model in F16 whose weights are random where a stand-in has holes."""
    blueprint = public_model(model).blueprint.scaled(**sizes)
    write_stand_in(path, quantized(blueprint, "F16"), seed=seed)
    header = read_header(path)
    rng = np.random.default_rng(seed)
    bank = rng.standard_normal(BANK_VALUES, np.float32)
    with path.open("r+b") as file:
        for tensor in header.tensors:
            if tensor.type.name != "F16":
                continue  # norms, routers and states are no holes
            values = (bank / np.sqrt(tensor.shape[0])).astype(np.float16)
            file.seek(header.data_start + tensor.offset)
            missing = tensor.num_elements
            while missing:  # from anywhere in the bank, so that no two rows are alike in step
                start = rng.integers(BANK_VALUES // 2)
                missing -= len(part := values[start : start + missing])
                file.write(part.tobytes())
    return path


def real_files(folder: Path, only: Sequence[str]) -> list[tuple[str, Path]]:
    """Write the files that are wanted, and return them by name."""

    def wanted(name: str) -> bool:
        return not only or any(name.startswith(start) for start in only)

    found = []
    for seed, (name, model, sizes, quantization) in enumerate(MADE):
        if wanted(name):
            print(f"writing {name}: {model} {quantization}", file=sys.stderr, flush=True)
            plain = write_random(folder / f"{name}.f16.gguf", model, sizes, seed)
            found.append((name, quantize(plain, folder / f"{name}.gguf", quantization)))
            plain.unlink()
    if wanted("starter"):
        found.append(("starter", starter()))
        for name, quantization in REQUANTIZED:
            found.append((name, quantize(starter(), folder / f"{name}.gguf", quantization)))
    return found


# -- measuring --


def measure(path: Path, config: Config, scope: Scope | None) -> tuple[TwinRun, Scope]:
    info = inspect(path)
    tensors = [tensor for part in read_parts(path) for tensor in part.tensors]
    plan = plan_twin(info, tensors, read_machine(config), OPTIONS)
    run = FileRun(plan, info, USED_TOKENS, config, lambda _: None)
    return asyncio.run(run.measure(scope or scope_of(plan)))


def compare(name: str, real: Path, folder: Path, config: Config, repeats: int) -> Row:
    twin = folder / f"{name}.twin.gguf"
    write_whole(str(real), twin, config)
    info = inspect(real)
    row = Row(name=name, quantization=info.quantization, size_bytes=info.weight_bytes)
    _, scope = measure(real, config, None)  # its pages come into memory, its speed is known
    for index in range(repeats):
        sides = [(real, row.real), (twin, row.twin)]
        for path, runs in sides if index % 2 == 0 else reversed(sides):
            run, _ = measure(path, config, scope)
            runs.append(run)
        print(f"{name}: {index + 1} of {repeats}", file=sys.stderr, flush=True)
    twin.unlink()
    return row


def print_heading() -> None:
    print(f"{'file':<16}{'type':<8}{'MB':>6}  {'allocated':>9} {'resident':>9}  ", end="")
    print(f"{'prompt':>24} {'spread':>7}  {'decode':>24} {'spread':>7}  passes", flush=True)


def print_row(row: Row) -> bool:
    """Print a file's line of the table, and return whether its stand-in passes."""
    memory = [statistics.median(row.ratios(figure)) for figure in (allocated, resident)]
    passes = all(abs(ratio - 1) <= MEMORY_LIMIT for ratio in memory)
    cells = []
    for figure in (prompt_speed, decode_speed):
        ratios, spread = row.ratios(figure), row.spread(figure)
        middle = statistics.median(ratios)
        passes &= abs(middle - 1) <= spread
        cells.append(f"{middle:>8.3f} ({min(ratios):.3f} to {max(ratios):.3f}) {spread:>7.1%}")
    print(
        f"{row.name:<16}{row.quantization:<8}{row.size_bytes / 1e6:>6.0f}  "
        f"{memory[0]:>9.4f} {memory[1]:>9.4f}  {'  '.join(cells)}  "
        f"{'yes' if passes else 'NO'}",
        flush=True,
    )
    return passes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="beginnings of names, with commas between")
    parser.add_argument("--json", type=Path, help="file that keeps every repeat")
    args = parser.parse_args()
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        config = load_config(home=Path(folder) / "home")
        files = real_files(Path(folder), [name for name in args.only.split(",") if name])
        print_heading()
        rows, all_pass = [], True
        for name, path in files:
            rows.append(compare(name, path, Path(folder), config, args.repeats))
            all_pass &= print_row(rows[-1])
    print(f"load average {before[0]:.2f} before, {os.getloadavg()[0]:.2f} after")
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), "utf-8")
    sys.exit(0 if all_pass else 1)


if __name__ == "__main__":
    main()
