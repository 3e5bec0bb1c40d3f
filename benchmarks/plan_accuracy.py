"""How far predictions of memory and speed are from what the engine then does.

    python benchmarks/plan_accuracy.py [--only TEXT] [--limit N] [--threads N] [--out FILE]

Each combination is a stand-in with the layer shapes of a public model, in one quantization, with
keys and values of one type, at one depth. Memory and speed are predicted from its header and from
the calibrated kernels of this machine; then a child of the engine loads it with a worker's
settings and is timed: a few tokens of answers, and prompts. After each, for as long as it took, the
kernels that the prediction rests on are timed again in the same process, and the prediction is made
from those times: the machine drifts, and what it lost or gained meanwhile must count for neither
side (`drift.py`). How far the profile itself was off, which was measured once at the beginning, is
shown beside it, for the times as they were.

Nothing is fitted to any combination: all that predictions use was measured on kernels alone, so
every one of them is a test. Results are appended to a file, and what stands in it is not run again.
On a machine that does other work, `--busy` times one thread by the processor's clock.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import msgspec

from accuracy_table import TARGETS, error_of, report
from drift import Steady, steady
from hearth.config import load_config
from hearth.engine.probe.messages import ModelJob, ModelReport
from hearth.errors import HearthError
from hearth.machine.keep import this_machine
from hearth.machine.profile import MachineProfile
from hearth.machine.profile_file import profile_text, read_profile
from hearth.measure.kernels.calibrate import run_model, with_speeds
from hearth.measure.kernels.cases import COMMON_TYPES
from hearth.models.blueprint import public_model, quantized, write_stand_in
from hearth.models.gguf.info import ModelInfo, inspect
from hearth.plan.flash import full_matrix_pays
from hearth.plan.kernels import KernelTable, table_of
from hearth.plan.look_back import Pass
from hearth.plan.memory import memory_need, padded_cells
from hearth.plan.memory.caches import kept_sequences
from hearth.plan.passes import PassTime, can_time, pass_time, prompt_time
from hearth.plan.shape import ModelShape, shape_of
from hearth.plan.sizing import micro_batch
from reference_kernels import references_for, table_now

RUNNING = 4  # sequences
STEP_S = 0.1  # tokens of an answer are to take this long together
MAX_STEPS = 64
PROMPT_S = 0.7  # a prompt is cut where it would take longer, though not below a tile of queries
LEAST_PROMPT = 64
MOST_S = 14.0  # for all rounds of a combination but the last
ROUNDS = 25
CALIBRATION_S = 60.0
# Types beyond the common ones that the quantizations below mix in.
MORE_TYPES = ("Q5_1",)


@dataclasses.dataclass(frozen=True)
class Combination:
    """One stand-in and how it is run."""

    model: str
    layers: int
    quantization: str
    kv_type: str
    depth: int
    prompt: int
    flash: bool = True

    @property
    def key(self) -> str:
        """Tell it from all others."""
        return f"{self.model}/{self.layers} {self.quantization} {self.kv_type} @{self.depth}"


def combinations() -> list[Combination]:
    """Return every combination, the first way of each model before any second."""
    rows = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["model"]
    return [
        Combination(row["name"], row["layers"], *[*row["ways"][index], row["prompt"]][:4])
        for index in range(max(len(row["ways"]) for row in rows))
        for row in rows
        if index < len(row["ways"])
    ]


@dataclasses.dataclass(frozen=True)
class Predicted:
    """Seconds by part of a pass."""

    decode_s: dict[str, float]
    prompt_s: dict[str, float]


def predict_memory(info: ModelInfo, one: Combination, cells: int) -> dict[str, int]:
    """Predict a stand-in's memory from its header: bytes by part."""
    need = memory_need(
        info,
        cells=cells,
        num_sequences=RUNNING,
        micro_batch_tokens=micro_batch(flash_attention=one.flash).value,
        kv_type=one.kv_type,
        flash_attention=one.flash,
    )
    parts = need.parts()
    return {name: parts[name] for name in ("weights", "kv", "state", "compute", "output")}


def predict_speed(shape: ModelShape, table: KernelTable, one: Combination) -> Predicted:
    """Predict how long a stand-in takes for a token of an answer and for a prompt."""
    answer = Pass(
        tokens=1,
        sequences=1,
        outputs=1,
        depth=one.depth,
        kv_type=one.kv_type,
        flash=one.flash,
    )
    decode = pass_time(shape, shape.parts, table, answer)
    prompt = prompt_time(
        shape,
        shape.parts,
        table,
        tokens=one.prompt,
        depth=one.depth,
        kv_type=one.kv_type,
        micro_batch=micro_batch(flash_attention=one.flash).value,
        flash=one.flash,
    )
    return Predicted(decode_s=_parts(decode), prompt_s=_parts(prompt))


def _parts(time: PassTime) -> dict[str, float]:
    return {name: getattr(time, name).likely for name in ("weights", "attention", "between")}


class Bench:
    """Runs combinations on this machine."""

    def __init__(self, profile: MachineProfile, threads: int, is_busy: bool, folder: Path) -> None:
        table = table_of(profile)
        if table is None:
            raise SystemExit("The kernels of this machine could not be calibrated.")
        self._profile, self._table, self._threads = profile, table, threads
        self._clock = "processor" if is_busy else "wall"
        self._folder = folder

    def run(self, one: Combination) -> dict[str, object]:
        """Predict and measure one combination."""
        model = public_model(one.model).blueprint.scaled(num_layers=one.layers)
        path = write_stand_in(self._folder / "stand-in.gguf", quantized(model, one.quantization))
        try:
            info = inspect(path)
            pays = full_matrix_pays(info, one.kv_type, frozenset(self._profile.cpu.flags))
            one = dataclasses.replace(one, flash=not pays)  # as a load would choose
            shape = shape_of(info)
            if not can_time(shape, shape.parts, self._table):
                raise SystemExit(f"{one.key}: a type of {list(shape.bytes_by_type)} is not timed.")
            cells = padded_cells(one.depth + one.prompt + MAX_STEPS + 1)
            predicted = predict_speed(shape, self._table, one)
            one = shortened(one, sum(predicted.prompt_s.values()))
            predicted = predict_speed(shape, self._table, one)
            step_s = sum(predicted.decode_s.values())
            references = references_for(shape, one.kv_type, one.depth, flash=one.flash)
            measured = run_model(
                ModelJob(
                    path=str(path),
                    threads=self._threads,
                    cells=cells,
                    depth=one.depth,
                    prompt_tokens=one.prompt,
                    references=references,
                    rounds=ROUNDS,
                    steps=max(1, min(MAX_STEPS, round(STEP_S / step_s))),
                    sequences=RUNNING + kept_sequences(info),
                    kv_type=one.kv_type,
                    flash_attention=one.flash,
                    micro_batch=micro_batch(flash_attention=one.flash).value,
                    most_s=MOST_S,
                    clock=self._clock,  # type: ignore[arg-type]
                )
            )
        finally:
            path.unlink(missing_ok=True)
        still = steady(measured)
        table = table_now(self._profile, references, measured.references, still.references)
        memory = predict_memory(info, one, cells)
        return {
            "key": one.key,
            **dataclasses.asdict(one),
            "architecture": info.architecture,
            "parameters": info.num_parameters,
            "memory_error": 100 * (sum(memory.values()) / sum(measured.buffers.values()) - 1),
            **_speed_errors(predicted, measured, "_once"),
            **_speed_errors(predict_speed(shape, table, one), still),
            "rounds": len(measured.prompt_s),
            "share": statistics.median(measured.shares),
            "memory": memory,
            "measured": json.loads(msgspec.json.encode(measured)),
        }


def shortened(one: Combination, prompt_s: float) -> Combination:
    """Return a combination with a prompt that takes no longer than is worth its time."""
    tokens = int(one.prompt * min(1.0, PROMPT_S / prompt_s)) // LEAST_PROMPT * LEAST_PROMPT
    return dataclasses.replace(one, prompt=min(one.prompt, max(LEAST_PROMPT, tokens)))


def _speed_errors(
    predicted: Predicted, measured: ModelReport | Steady, how: str = ""
) -> dict[str, object]:
    """Return by how many per cent a prediction was off, with what it was made of.

    Args:
        predicted: Seconds by part.
        measured: What was predicted.
        how: What the names of these figures end with.
    """
    found: dict[str, object] = {}
    for what in ("decode", "prompt"):
        seconds = statistics.median(getattr(measured, f"{what}_s"))
        parts = getattr(predicted, f"{what}_s")
        found[f"{what}_error{how}"] = 100 * (sum(parts.values()) / seconds - 1)
        found[f"{what}_parts{how}"] = parts
    return found


def calibrated(path: Path, threads: int, is_busy: bool) -> MachineProfile:
    """Return this machine with its kernels, timed now or when the results file was begun."""
    if path.exists():
        return read_profile(path)
    said = "Timing kernels ..."
    sys.stderr.write(f"{said}\n")
    found = with_speeds(
        this_machine(load_config()),
        threads,
        [*COMMON_TYPES, *MORE_TYPES],
        most_s=CALIBRATION_S,
        clock="processor" if is_busy else "wall",
    )
    path.write_text(profile_text(found), encoding="utf-8")
    return found


def main() -> None:
    """Run what is missing in the results file, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="combinations whose name has this text")
    parser.add_argument("--limit", type=int, help="at most so many combinations")
    parser.add_argument("--threads", type=int, default=this_machine(load_config()).cpu.num_threads)
    parser.add_argument("--busy", action="store_true", help="one thread, by the processor's clock")
    parser.add_argument("--out", type=Path, default=Path("plan_accuracy.jsonl"))
    args = parser.parse_args()
    threads = 1 if args.busy else args.threads or 1
    wanted = [one for one in combinations() if args.only in one.key][: args.limit]
    rows = [json.loads(line) for line in args.out.open()] if args.out.exists() else []
    done = {row["key"] for row in rows}
    profile = calibrated(args.out.with_suffix(".profile.json"), threads, args.busy)
    with tempfile.TemporaryDirectory() as folder, args.out.open("a", encoding="utf-8") as file:
        bench = Bench(profile, threads, args.busy, Path(folder))
        for one in wanted:
            if one.key in done:
                continue
            began = time.monotonic()
            try:
                row = bench.run(one)
            except HearthError as error:
                sys.stderr.write(f"{one.key}: {error}\n")
                continue
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
            errors = "  ".join(f"{what} {error_of(row, what):+6.1f} %" for what in TARGETS)
            sys.stderr.write(f"{one.key:<50} {errors}  ({time.monotonic() - began:.1f} s)\n")
    names = {one.key for one in wanted}
    sys.stdout.write(report([row for row in rows if row["key"] in names]) + "\n")


if __name__ == "__main__":
    main()
