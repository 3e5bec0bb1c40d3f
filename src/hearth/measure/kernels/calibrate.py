"""Time the engine's kernels in a child, and keep what was found in this machine's profile.

The figures stand as long as machine and engine are the same.
"""

from __future__ import annotations

import asyncio
import datetime
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import IO, TypeVar

import msgspec

from hearth.config import Config
from hearth.engine.children import end_child, start_child
from hearth.engine.probe.messages import Clock, Job, ModelJob, ModelReport, Report
from hearth.errors import EngineError, InvalidRequest
from hearth.machine.engine_build import engine_build
from hearth.machine.keep import keep_profile, this_machine
from hearth.machine.profile import EngineSpeeds, MachineProfile
from hearth.measure.kernels.cases import (
    COMMON_TYPES,
    attention_cases,
    far_bytes,
    matrix_cases,
    other_cases,
    type_numbers,
)
from hearth.measure.kernels.speeds import kernel_speeds, operation_speeds

MOST_S = 10.0  # begin no round that would end after this
DEADLINE_S = 300.0  # for a child that hangs: a busy machine takes many times as long
Progress = Callable[[str], None]
Answer = TypeVar("Answer", Report, ModelReport)


def calibrate(
    config: Config,
    progress: Progress,
    *,
    types: Sequence[str] = (),
    threads: int | None = None,
    most_s: float = MOST_S,
) -> MachineProfile:
    """Time the engine's kernels and keep their speeds in this machine's profile.

    Args:
        config: Says where Hearth's home is.
        progress: Told what is being measured.
        types: Further types of weights, such as "IQ4_XS"; the common ones are always timed.
        threads: Threads that compute; None means as many as computing uses here.
        most_s: After the least number of rounds, begin none that would end after so many seconds.

    Returns:
        The profile as it was kept.

    Raises:
        InvalidRequest: There is no such type.
        EngineMissing: There is no engine, or none that this Hearth knows.
        EngineError: The engine failed while it was timed.
        SetupError: Hearth's home cannot be written.
    """
    unknown = [name for name in types if name not in type_numbers()]
    if unknown:
        raise InvalidRequest(
            f"There is no type of weights {unknown[0]!r}; {', '.join(type_numbers())} exist.",
            param="types",
        )
    profile = this_machine(config)
    chosen = threads or profile.cpu.num_threads or 1
    names = list(dict.fromkeys([*COMMON_TYPES, *types]))
    progress(f"the engine's kernels for {len(names)} types of weights")
    measured = with_speeds(profile, chosen, names, most_s)
    keep_profile(config, measured)
    return measured


def with_speeds(
    profile: MachineProfile,
    threads: int,
    types: Sequence[str],
    most_s: float,
    clock: Clock = "wall",
) -> MachineProfile:
    """Return a profile with the speeds of the engine's kernels, as they are now."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    began = time.monotonic()
    cases = [*other_cases(), *matrix_cases(types, far_bytes(profile.cpu)), *attention_cases()]
    report = run_probe(Job(threads=threads, cases=cases, most_s=most_s, clock=clock))
    pairs = [(case, timing) for case, timing in zip(cases, report.timings, strict=True) if timing]
    engine = EngineSpeeds(
        build=engine_build() or "unknown",
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        num_threads=threads,
        seconds=round(time.monotonic() - began, 1),
        load=load,
        operations=operation_speeds(pairs),
    )
    return replace(profile, kernels=kernel_speeds(pairs, threads), engine=engine)


def run_probe(job: Job) -> Report:
    """Let a child of the engine time kernels.

    Raises:
        EngineError: It failed, died, or did not answer in time.
    """
    return _checked(job, Report)


def run_model(job: ModelJob) -> ModelReport:
    """Let a child of the engine time a model.

    Raises:
        EngineError: It failed, died, or did not answer in time.
    """
    return _checked(job, ModelReport)


def _checked(job: Job | ModelJob, kind: type[Answer]) -> Answer:
    with tempfile.TemporaryFile() as errors:
        try:
            output = asyncio.run(_ask(job, errors))
        except TimeoutError as error:
            raise EngineError(
                f"The engine's kernels were not timed within {DEADLINE_S:g} s.",
                hint="Try again when the machine does less; `uptime` shows how much it does.",
            ) from error
        errors.seek(0)
        said = errors.read()[-300:].decode("utf-8", "replace").strip()
    try:
        report = msgspec.json.decode(output, type=kind)
    except msgspec.DecodeError as error:
        raise EngineError(
            f"The engine died while its kernels were timed: {said or 'it gave no reason'}.",
            hint="`hearth doctor` checks the engine.",
        ) from error
    if report.error:
        raise EngineError(report.error, hint="`hearth doctor` checks the engine.")
    return report


async def _ask(job: Job | ModelJob, errors: IO[bytes]) -> bytes:
    child = await start_child("hearth.engine.probe", errors=errors)
    try:
        async with asyncio.timeout(DEADLINE_S):
            output, _ = await child.communicate(msgspec.json.encode(job))
        return output
    finally:
        await end_child(child)
