"""Ask llama.cpp itself what a model would take, from nothing but its header.

The header's bytes are written to a file, and the file is made as long as the model with a hole in
place of the weights; then llama.cpp goes through all of loading without taking memory. So the
answer is exact for every family that the engine knows, also for a model that is not here and for
one that is larger than this machine.

States of recurrent layers are the exception: they are taken for the moment, within the limit.

It runs in a process of its own with little memory and time: native code reads a header that may be
hostile, the library's log belongs to the whole process, and some settings end in an assertion.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hearth.children import child_command, child_environment
from hearth.engine.children import ENGINE_VARIABLES
from hearth.engine.simulation.messages import (
    Ask,
    Failed,
    Limits,
    Simulation,
    SimulationSettings,
    decode_reply,
    encode,
)
from hearth.errors import EngineError, EngineTimeout, HearthError, SetupError
from hearth.models.bytes import ByteSource, FileBytes
from hearth.models.gguf.header import GgufHeader
from hearth.models.gguf.parts import read_parts

__all__ = ["Limits", "Simulation", "SimulationSettings", "simulate", "simulate_file"]


def simulate_file(
    path: Path, settings: SimulationSettings, *, limits: Limits | None = None
) -> Simulation:
    """Simulate loading a model that is on this machine; see `simulate`.

    Args:
        path: The model's only or first file.
        settings: How it would be loaded.
        limits: What asking may cost.
    """
    headers = read_parts(path)
    with ExitStack() as opened:
        sources = [opened.enter_context(FileBytes(header.path)) for header in headers]
        return simulate(list(zip(headers, sources, strict=True)), settings, limits=limits)


def simulate(
    parts: Sequence[tuple[GgufHeader, ByteSource]],
    settings: SimulationSettings,
    *,
    limits: Limits | None = None,
) -> Simulation:
    """Simulate loading a model, of which only the headers are read.

    Args:
        parts: Each file's header, and where its bytes come from; the source may be remote.
        settings: How the model would be loaded.
        limits: What asking may cost.

    Raises:
        LoadFailed: The engine refuses the model or the settings; its own words are in the message.
        EngineError: The process died, or said something that is not understood.
        EngineTimeout: It took longer than it may.
        SetupError: No process can be started, or there is no room for the header.
        SourceError: The header could not be fetched.
    """
    limits = limits or Limits()
    with _sparse_files(parts) as path:
        return _ask(Ask(path=str(path), settings=settings, limits=limits))


@contextmanager
def _sparse_files(parts: Sequence[tuple[GgufHeader, ByteSource]]) -> Iterator[Path]:
    """Write files with these headers and a hole for weights, under names that the engine knows."""
    try:
        with tempfile.TemporaryDirectory(prefix="hearth-header-") as folder:
            paths = [
                Path(folder) / f"model-{number:05d}-of-{len(parts):05d}.gguf"
                for number in range(1, len(parts) + 1)
            ]
            for path, (header, source) in zip(paths, parts, strict=True):
                with path.open("wb") as file:
                    file.write(source.read(0, header.data_start))
                    file.truncate(header.size_bytes)
            yield paths[0]
    except OSError as error:
        raise SetupError(
            f"A model's header cannot be written to a temporary file ({error.strerror}).",
            hint="Make room in the system's folder for temporary files, or set TMPDIR.",
        ) from error


def _ask(question: Ask) -> Simulation:
    try:
        done = subprocess.run(
            child_command(__name__),
            input=encode(question),
            capture_output=True,
            env=child_environment(**ENGINE_VARIABLES, OMP_NUM_THREADS="1"),
            start_new_session=True,
            timeout=question.limits.wall_s,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineTimeout(
            f"The engine did not say within {question.limits.wall_s:g} s what the model would take."
        ) from error
    except OSError as error:
        raise SetupError(f"The engine cannot be started: {error}.") from error
    if done.returncode:
        last_line = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise EngineError(
            f"The engine died ({done.returncode}) when it was asked what the model would take: "
            f"{last_line[:300] or 'it gave no reason'}."
        )
    reply = decode_reply(done.stdout)
    if isinstance(reply, Failed):
        raise HearthError.from_data(reply.error)
    return reply
