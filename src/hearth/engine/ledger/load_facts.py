"""What is known of a load when it is done, before anything is predicted of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hearth.engine import messages as wire
from hearth.models.gguf.info import ModelInfo
from hearth.plan.load import LoadPlan

PLACES = 64  # looked at in each file


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFacts:
    """A load that worked.

    Args:
        name: What people call the model.
        plan: What was predicted of its memory, and the settings.
        ready: What the worker says of it.
        worker_pid: The worker's process.
        loading_s: Seconds from its start until the model was ready.
        cached_share: Part of its files that lay in the system's cache before; None where the
            system does not tell.
    """

    name: str
    info: ModelInfo
    plan: LoadPlan
    ready: wire.Ready
    worker_pid: int
    loading_s: float
    cached_share: float | None


def cached_share(files: Sequence[Path]) -> float | None:
    """Return what part of some files lies in the system's cache; None where it does not tell.

    A byte at some places is asked for, on the condition that nothing has to be read for it.
    Source: preadv2(2), RWF_NOWAIT.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    num_cached = 0
    for file in files:
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            num_cached += _num_cached(descriptor)
        except OSError:  # the file system does not know the condition
            return None
        finally:
            os.close(descriptor)
    return num_cached / (PLACES * len(files))


def _num_cached(descriptor: int) -> int:
    size_bytes = os.fstat(descriptor).st_size
    found = 0
    for place in range(PLACES):
        try:
            os.preadv(descriptor, [bytearray(1)], size_bytes * place // PLACES, os.RWF_NOWAIT)
        except BlockingIOError:
            continue
        found += 1
    return found
