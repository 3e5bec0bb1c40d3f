"""The GPUs of a profile with what a child measured on them, or with the reason why nothing was."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hearth.children import child_command, child_environment
from hearth.engine.children import ENGINE_VARIABLES
from hearth.machine.measure.repeats import summarize
from hearth.machine.profile import GpuPart, MachineProfile, Measured
from hearth.measure.gpu.timings import MIB, DeviceTimes

NO_GPU = "no GPU that this engine can use"
TIMEOUT_S = 60
_FIGURES = ("memory_bandwidth", "host_to_device", "device_to_host")
_OPTIONS = {"oneapi": "sycl"}  # of `hearth engine build`, where it is not the kind's own name


def measure_gpus(profile: MachineProfile, progress: Callable[[str], None]) -> MachineProfile:
    """Return the profile with the speeds of its GPUs' memory and of the way to it.

    Args:
        profile: Of this machine; one without a GPU comes back as it is.
        progress: Told what is being measured.
    """
    if not profile.gpus:
        return profile
    progress("the GPU's memory, and the way to it")
    return with_times(profile, ask_child())


def with_times(profile: MachineProfile, answer: Sequence[DeviceTimes] | str) -> MachineProfile:
    """Return the profile with what was measured on its GPUs.

    Args:
        profile: Of the machine that was measured.
        answer: Of the child: one entry for each GPU that the engine can use, or why there is none.
    """
    if isinstance(answer, str):
        return replace(profile, gpus=tuple(_without(gpu, answer) for gpu in profile.gpus))
    matched = dict(_matches(profile.gpus, answer))
    return replace(
        profile,
        gpus=tuple(
            _with(gpu, matched[place]) if place in matched else _without(gpu, NO_GPU)
            for place, gpu in enumerate(profile.gpus)
        ),
    )


def ask_child() -> tuple[DeviceTimes, ...] | str:
    """Time the GPUs in a process of its own; return why not where that fails."""
    try:
        done = subprocess.run(
            child_command("hearth.measure.gpu"),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            env=child_environment(**ENGINE_VARIABLES),
        )
        told = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return f"the engine did not answer within {TIMEOUT_S} s"
    except (OSError, ValueError):
        return "the engine ended while it used the GPU: see `hearth doctor`"
    if "error" in told:
        return f"the engine cannot be asked: {told['error']}"
    return tuple(DeviceTimes(**entry) for entry in told["devices"])


def _matches(
    gpus: Sequence[GpuPart], answer: Sequence[DeviceTimes]
) -> Iterator[tuple[int, DeviceTimes]]:
    """Yield places of GPUs with the engine's device: by whole name, or as the only one of both."""
    if len(gpus) == len(answer) == 1:
        yield 0, answer[0]
        return
    left = list(answer)
    for place, gpu in enumerate(gpus):
        for times in left:
            if times.description.casefold() == gpu.name.casefold():
                left.remove(times)
                yield place, times
                break


def _with(gpu: GpuPart, times: DeviceTimes) -> GpuPart:
    if times.why_not:
        return _without(gpu, times.why_not)
    block = f"{times.size_bytes // MIB} MiB"
    host = "pinned memory of the host" if times.is_pinned else "ordinary memory of the host"
    size = times.size_bytes
    told = gpu.theoretical_bandwidth or gpu.memory_bandwidth
    return replace(
        gpu,
        theoretical_bandwidth=told if told is None or told.how != "measured" else None,
        # A copy reads each byte and writes it.
        memory_bandwidth=_rate(times.copy_s, 2 * size, f"the engine's copy of {block}"),
        host_to_device=_rate(times.to_device_s, size, f"{block} from {host}"),
        device_to_host=_rate(times.to_host_s, size, f"{block} into {host}"),
        missing={name: why for name, why in gpu.missing.items() if name not in _FIGURES},
    )


def _rate(seconds: Sequence[float], size_bytes: int, source: str) -> Measured:
    return summarize([size_bytes / each for each in seconds], "B/s", source)


def _without(gpu: GpuPart, why: str) -> GpuPart:
    if why == NO_GPU and gpu.kind:
        why += f"; `hearth engine build --{_OPTIONS.get(gpu.kind, gpu.kind)}` builds one that does"
    names = [name for name in _FIGURES if getattr(gpu, name) is None]
    return replace(gpu, missing={**gpu.missing, **dict.fromkeys(names, why)})
