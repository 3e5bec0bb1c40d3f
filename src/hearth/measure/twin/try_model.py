"""Try a model before it is here: build stand-ins from its header, run them, tell what follows."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hearth.config import Config
from hearth.engine.build_info import gpu_free_bytes
from hearth.engine.cancelling import until_cancelled
from hearth.errors import RequestAborted
from hearth.machine.probe import read_machine
from hearth.measure.twin.extrapolate import extrapolate
from hearth.measure.twin.folder import own_turn, stand_in_folder
from hearth.measure.twin.original import USED_TOKENS, Original, write_whole
from hearth.measure.twin.plan import TwinOptions, TwinPlan, plan_twin
from hearth.measure.twin.result import TwinResult, TwinRun
from hearth.measure.twin.run import FileRun, scope_of
from hearth.models.blueprint import stand_in_of
from hearth.models.gguf.info import ModelInfo
from hearth.models.gguf.parts import read_parts
from hearth.models.validate import Validator
from hearth.plan.shape import ModelShape, shape_of

STOPPED = "The try was stopped; its stand-in is removed."

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A model whose stand-in lies in a folder: what it is, and how it will be tried."""

    original: Original
    folder: Path
    info: ModelInfo
    shape: ModelShape
    plan: TwinPlan


def plan_try(model: str, config: Config, options: TwinOptions | None = None) -> TwinPlan:
    """Return how a model would be tried; nothing is run.

    Args:
        model: See `try_model`.
        config: Says where Hearth's home is, and where the library looks.
        options: What a person asked for.

    Raises:
        HearthError: As `try_model` does, before anything is run.
    """
    with _prepare(model, config, options or TwinOptions(), is_trusted=True) as prepared:
        return prepared.plan


def try_model(
    model: str,
    config: Config,
    options: TwinOptions | None = None,
    *,
    is_trusted: bool = True,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> TwinResult:
    """Measure a model by a stand-in that has its header and none of its weights.

    Args:
        model: A name of the library, a path, a reference (`hf:owner/repository:Q4_K_M`, an https
            address; only headers travel), or a public model with a quantization
            (`llama-3.1-8b:Q4_K_M`).
        config: Says where Hearth's home is, and where the library looks.
        options: What a person asked for.
        is_trusted: False for requests over the network: they may name neither paths nor servers.
        progress: Told the steps done, the steps in all, and what goes on now.
        cancelled: Set to stop; the stand-in is removed, and RequestAborted raised.

    Raises:
        ModelNotFound: There is no such model, here or there.
        BadModelFile: Its header is damaged, or it cannot write text.
        InvalidRequest: An option is out of range, or impossible for this model.
        ModelTooLarge: Not even two of its layers fit.
        DiskFull: The stand-in cannot be written.
        EngineError: The worker failed.
        RequestAborted: It was cancelled.
    """
    cancelled = cancelled or threading.Event()
    asked = options or TwinOptions()

    def wait() -> None:
        progress(0, 0, "Waiting until another try has ended")
        if cancelled.is_set():
            raise RequestAborted("The try was stopped before it began.")

    with own_turn(config, wait), _prepare(model, config, asked, is_trusted=is_trusted) as prepared:
        began_s = time.monotonic()
        work = until_cancelled(_run_all(prepared, config, progress), cancelled, STOPPED)
        runs = asyncio.run(work)
        return _result(model, prepared, runs, time.monotonic() - began_s)


@contextmanager
def _prepare(
    model: str, config: Config, options: TwinOptions, *, is_trusted: bool
) -> Iterator[_Prepared]:
    """Make the stand-in of the whole model, which is a hole, and plan by its header."""
    with stand_in_folder(config) as folder:
        path = folder / "whole.gguf"
        original = write_whole(model, path, config, is_trusted=is_trusted)
        info = Validator().inspect(path)
        machine, limit_gb = read_machine(config), config.memory_limit_gb
        has_gpu = any(each.device for each in machine.accelerators)
        plan = plan_twin(
            info,
            [tensor for part in read_parts(path) for tensor in part.tensors],
            machine,
            options,
            limit_bytes=None if limit_gb is None else int(limit_gb * 1e9),
            gpu_memory_bytes=asyncio.run(gpu_free_bytes()) if has_gpu else 0,
        )
        yield _Prepared(
            original=original, folder=folder, info=info, shape=shape_of(info), plan=plan
        )


async def _run_all(prepared: _Prepared, config: Config, progress: Progress) -> tuple[TwinRun, ...]:
    """Run each number of layers, the largest first: it decides what can be measured in time."""
    plan = prepared.plan
    scope = scope_of(plan)
    steps = _Steps(progress, total=len(plan.layer_counts) * (1 + scope.num_series))
    runs = []
    for index, count in enumerate(plan.layer_counts, start=1):
        info = await asyncio.to_thread(_stand_in, prepared, count)
        run = FileRun(plan, info, USED_TOKENS, config, steps.begin)
        found, scope = await run.measure(scope)
        runs.append(found)
        steps.reach(index * steps.total // len(plan.layer_counts))
    steps.begin("Reckoning")
    return tuple(runs)


def _stand_in(prepared: _Prepared, num_layers: int) -> ModelInfo:
    if num_layers == prepared.plan.num_layers:
        return prepared.info
    path = prepared.folder / f"layers-{num_layers}.gguf"
    whole = read_parts(prepared.info.files[0])
    stand_in_of(whole, path, num_layers=num_layers, embed_rows=USED_TOKENS)
    return Validator().inspect(path)


class _Steps:
    """Counts steps as they begin, and tells how far a try is."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.total = total
        self._progress = progress
        self._begun = 0

    def begin(self, doing: str) -> None:
        self._progress(self._begun, self.total, doing)
        self._begun += 1

    def reach(self, done: int) -> None:
        self._begun = done


def _result(
    model: str, prepared: _Prepared, runs: tuple[TwinRun, ...], seconds: float
) -> TwinResult:
    plan, info, original = prepared.plan, prepared.info, prepared.original
    whole = runs[0]
    if not plan.is_whole:
        far, near = runs
        whole = extrapolate(prepared.shape, near, far, kv_type=plan.load.kv_type.value)
    return TwinResult(
        model=model,
        name=info.name,
        where=original.where,
        architecture=info.architecture,
        quantization=info.quantization,
        weight_bytes=info.weight_bytes,
        stand_in_bytes=plan.stand_in_bytes,
        fetched_bytes=original.fetched_bytes,
        num_layers=plan.num_layers,
        settings={name: choice.value for name, choice in plan.load.choices().items()},
        whole=whole,
        runs=runs,
        seconds=seconds,
        notes=_notes(plan, runs[0]),
    )


def _notes(plan: TwinPlan, run: TwinRun) -> tuple[str, ...]:
    notes = ["the file is a hole: loading is timed without a disk, which a first load waits for"]
    slow = [tokens for tokens in plan.prompt_lengths if tokens > run.prompts[-1].tokens]
    if slow:
        longest = f"{slow[-1]:,} tokens"
        notes.append(f"prompts and answers at {longest} were left out: they would take too long")
    if not plan.is_whole:
        counts = " and ".join(f"{count:,}" for count in plan.layer_counts)
        notes.append(f"{counts} layers were run, and {plan.num_layers:,} extrapolated from them")
    return tuple(notes)
