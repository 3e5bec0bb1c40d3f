"""Quantize a model: all of it, or nothing.

The new file grows in a hidden folder beside its place, on the same disk; it is synced, hashed,
checked and loaded there, and moved in one step. What a killed program leaves behind is removed by
the next attempt, or by `hearth models gc`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hearth.config import Config
from hearth.engine.quantizing import Begun, Wanted, quantize_file
from hearth.engine.quantizing.messages import Ask
from hearth.errors import (
    DiskFull,
    EngineError,
    HearthError,
    InvalidRequest,
    RequestAborted,
    StoreError,
)
from hearth.forge.quantize.checking import check_computes, check_file
from hearth.forge.quantize.origin import Origin
from hearth.forge.quantize.plan import QuantizeOptions, QuantizePlan, plan_quantize
from hearth.machine.engine_build import engine_build
from hearth.models.labels import plain
from hearth.models.library import Library
from hearth.models.library.digests import digest_of_model
from hearth.models.library.hashing import sha256_of
from hearth.models.library.importing import STAGING_PREFIX

Progress = Callable[[int, int, str], None]

NEARLY_FULL_BYTES = 64 << 20  # less was left when writing failed: the disk is why
STOPPED = "The quantizing was stopped; nothing of the new file is kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedModel:
    """A model that was made by quantizing another.

    Args:
        name: What the library calls it.
        model: What it was made from; `from_quantization` is the type that most weights had there.
        digest: SHA-256 of its bytes; `from_digest` that of the model it was made from.
        confinement: From what the process that wrote it was shut off.
        notes: What a person should know, as clauses.
    """

    name: str
    path: str
    model: str
    quantization: str
    from_quantization: str
    size_bytes: int
    from_bytes: int
    digest: str
    from_digest: str
    seconds: float
    confinement: str
    notes: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self) | {"notes": list(self.notes)}


def quantize(
    model: str,
    quantization: str,
    config: Config,
    options: QuantizeOptions | None = None,
    *,
    is_trusted: bool = True,
    progress: Progress = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> QuantizedModel:
    """Make a quantized copy of a model, and take it into the library.

    Args:
        model: As for `plan_quantize`, like all up to `is_trusted`.
        quantization: What to make of it.
        config: Says where models lie.
        options: What a person asked for.
        is_trusted: False for requests over the network.
        progress: Told bytes done, bytes in all, and what goes on now.
        cancelled: Set to stop; nothing is left behind, and RequestAborted raised.

    Raises:
        HearthError: As `plan_quantize` and `QuantizePlan.check` do, before anything is written.
        DiskFull: The disk became full.
        EngineError: The quantizer failed, or wrote something else than was planned.
        RequestAborted: It was stopped.
    """
    began_s = time.monotonic()
    plan = plan_quantize(model, quantization, config, options, is_trusted=is_trusted)
    plan.check()
    work = _Work(plan, config, progress, cancelled or threading.Event())
    with _staging(plan, config) as path:
        try:
            made = work.run(path)
        except RequestAborted as error:
            raise RequestAborted(STOPPED) from error
        entry = Library(config).take_in(path, plan.name, made.digest)
    source = plan.source
    return QuantizedModel(
        name=entry.name,
        path=str(entry.path),
        model=source.entry.name,
        quantization=plan.quantization,
        from_quantization=source.info.quantization,
        size_bytes=entry.size_bytes,
        from_bytes=source.info.file_bytes,
        digest=made.digest,
        from_digest=made.from_digest,
        seconds=time.monotonic() - began_s,
        confinement=made.confinement,
        notes=(*plan.notes, *made.notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    digest: str
    from_digest: str
    confinement: str
    notes: tuple[str, ...]


class _Work:
    """The steps of one quantizing, and how far they are in bytes."""

    def __init__(
        self, plan: QuantizePlan, config: Config, progress: Progress, cancelled: threading.Event
    ) -> None:
        self._plan = plan
        self._config = config
        self._progress = progress
        self._cancelled = cancelled
        self._doing = ""
        self._done_bytes = 0
        entry, info = plan.source.entry, plan.source.info
        hashing_bytes = 0 if entry.is_verified else info.file_bytes
        self._total_bytes = hashing_bytes + info.weight_bytes + plan.outcome.size_bytes

    def run(self, path: Path) -> _Made:
        """Fill the file at a path, and check it."""
        entry, is_cancelled = self._plan.source.entry, self._cancelled.is_set
        self._begin(f"Hashing {plain(entry.name)}")
        from_digest = digest_of_model(
            self._config, entry, on_progress=self._advance, cancelled=is_cancelled
        )
        confinement = self._write(path, from_digest)
        self._begin(f"Checking {self._plan.name}")
        digest = sha256_of(path, on_progress=self._advance, cancelled=is_cancelled)
        check_file(path, self._plan)
        self._begin(f"Loading {self._plan.name}")
        left_out = check_computes(path, self._config)
        if self._cancelled.is_set():
            raise RequestAborted(STOPPED)
        notes = (left_out,) if left_out else ()
        return _Made(digest=digest, from_digest=from_digest, confinement=confinement, notes=notes)

    def _write(self, path: Path, from_digest: str) -> str:
        """Have the child write the file; return how it was confined."""
        plan = self._plan
        sizes = {one.name: one.size_bytes for file in plan.source.headers for one in file.tensors}
        origin = Origin(
            sha256=from_digest,
            quantization=plan.source.info.quantization,
            name=plan.source.entry.name,
            engine=engine_build() or "",
            is_requantized=bool(plan.outcome.requantized),
        )
        mix = plan.outcome.mix
        ask = Ask(
            files=[str(file) for file in plan.source.files],
            wanted=[Wanted(mix.file_type, mix.is_pure)],
            target=str(path),
            threads=plan.threads,
            allow_requantize=plan.allow_requantize,
            metadata=origin.as_metadata(),
            confine=self._config.confine,
        )
        before_bytes = 0

        def follow(begun: Begun) -> None:
            nonlocal before_bytes
            self._begin(f"Quantizing to {plan.quantization}: {begun.number:,} of {begun.count:,}")
            self._advance(before_bytes)
            before_bytes = sizes.get(begun.name, 0)

        try:
            path.touch(exist_ok=False)
            done = quantize_file(ask, follow, self._cancelled)
            self._advance(before_bytes)
            _sync(path)
        except (EngineError, OSError) as error:
            raise _explained(error, path) from error
        return done.confinement

    def _begin(self, doing: str) -> None:
        self._doing = doing
        self._advance(0)

    def _advance(self, num_bytes: int) -> None:
        self._done_bytes = min(self._done_bytes + num_bytes, self._total_bytes)
        self._progress(self._done_bytes, self._total_bytes, self._doing)


@contextlib.contextmanager
def _staging(plan: QuantizePlan, config: Config) -> Iterator[Path]:
    """Yield the path of the new file while it is made; nobody else makes the same meanwhile."""
    key = hashlib.sha256(plan.name.encode()).hexdigest()[:12]
    config.locks_dir.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(config.locks_dir / f"quantize-{key}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise InvalidRequest(
            f"{plain(plan.name)} is being made already, by another program of yours.",
            hint="`hearth jobs` shows how far it is.",
        ) from error
    folder = config.models_dir / f"{STAGING_PREFIX}quantize-{key}"
    try:
        shutil.rmtree(folder, ignore_errors=True)  # what a killed program has left
        folder.mkdir(mode=0o700)
        yield folder / f"{key}.gguf"
    except OSError as error:
        raise _explained(error, folder) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explained(error: EngineError | OSError, path: Path) -> HearthError:
    """Return the error that says what is wrong; a full disk is not the engine's fault."""
    if shutil.disk_usage(path.parent).free < NEARLY_FULL_BYTES:
        return DiskFull(
            f"The disk of {plain(path.parent.parent, 300)} became full; nothing of the new file is "
            "kept.",
            hint="Free some space (`hearth models gc`) and try again.",
        )
    if isinstance(error, OSError):
        return StoreError(f"The new file cannot be written: {error.strerror or error}.")
    return error
