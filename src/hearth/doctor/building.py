"""Build the engine anew for what this machine has, and replace the old one only when it is proven.

pip compiles a wheel first; it is installed into a folder of its own, and there the new engine is
asked, in a process of its own, what it was built for. Only one that answers, and that sees the GPU
it was built for, is installed over the old one. Until then nothing has changed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hearth.config import Config, ensure_home
from hearth.doctor.child import ask_module
from hearth.doctor.engine import Build, parse_build
from hearth.doctor.rebuild import pinned_requirement
from hearth.engine.native import cmake_options
from hearth.errors import EngineError, SetupError
from hearth.machine.accelerators import Accelerator, look_for_accelerators

LOG_LINES_SHOWN = 5
Progress = Callable[[str], None]
# Runs a command in an environment with its output in a log, and returns its exit status.
Runner = Callable[[Sequence[str], Mapping[str, str], IO[bytes]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """How the engine will be built.

    Args:
        kind: Of the accelerator, or "cpu".
        title: What it is built for.
        cmake: Build options.
        requirement: What pip builds.
    """

    kind: str
    title: str
    cmake: str
    requirement: str

    def environment(self) -> dict[str, str]:
        """Return the environment in which pip builds; options that are set already stay."""
        options = " ".join(text for text in (os.environ.get("CMAKE_ARGS"), self.cmake) if text)
        return {**os.environ, "CMAKE_ARGS": options, "MAKEFLAGS": ""}

    def wheel_command(self, folder: Path) -> list[str]:
        """Return the command that compiles a wheel into a folder."""
        return [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-cache-dir"),
            *("--no-binary", "llama-cpp-python", "--wheel-dir", str(folder), self.requirement),
        ]

    def __str__(self) -> str:
        command = " ".join(self.wheel_command(Path("FOLDER")))
        return f"For {self.title}:\nCMAKE_ARGS={shlex.quote(self.cmake)} {command}"


def plan_build(kind: str | None) -> BuildPlan:
    """Return how to build the engine.

    Args:
        kind: Of an accelerator; None for the processor alone.

    Raises:
        SetupError: The compiler for it is not here, or this system cannot have it.
    """
    if kind is None:
        title = "this processor alone"
        return BuildPlan(
            kind="cpu", title=title, cmake=cmake_options(), requirement=pinned_requirement()
        )
    seen = next((each for each in look_for_accelerators() if each.kind == kind), None)
    if seen is None:
        raise SetupError(
            f"This system cannot have {kind}.", hint="`hearth machine` shows what is here."
        )
    return _plan_for(seen)


def _plan_for(seen: Accelerator) -> BuildPlan:
    if seen.toolkit is None:
        raise SetupError(
            f"The engine cannot be built for {seen.title}: {seen.toolkit_name} is not here.",
            hint=f"Install {seen.toolkit_name}, then give this command again.",
        )
    return BuildPlan(
        kind=seen.kind,
        title=seen.title,
        cmake=cmake_options(seen.build_option),
        requirement=pinned_requirement(),
    )


def run_pip(command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> int:
    """Run a command with its output in a log, and return its exit status."""
    return subprocess.run(
        command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
    ).returncode


def build_engine(
    plan: BuildPlan, config: Config, progress: Progress, run: Runner = run_pip
) -> Build:
    """Build, prove and install the engine; takes some minutes.

    Args:
        plan: How to build it.
        config: Says where the log goes.
        progress: Told what is being done.
        run: Runs pip.

    Returns:
        The new engine as it answered.

    Raises:
        EngineError: Building failed, or the new engine does not work; the old one stays.
    """
    ensure_home(config)
    log_path = config.logs_dir / "engine-build.log"
    with tempfile.TemporaryDirectory(prefix="hearth-engine-") as name, log_path.open("wb") as log:
        folder = Path(name)
        progress(f"Compiling for {plan.title}; this takes minutes. Log: {log_path}")
        _check(run(plan.wheel_command(folder), plan.environment(), log), "Building", log_path)
        wheels = sorted(str(path) for path in folder.glob("*.whl"))
        site = folder / "site"
        progress("Proving the new engine")
        install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index"]
        command = [*install, "--target", str(site), *wheels]
        _check(run(command, os.environ, log), "Installing the new engine aside", log_path)
        build = parse_build(ask_module("hearth.engine.build_info", first_on_path=site))
        _prove(build, plan)
        progress("Installing it")
        command = [*install, "--force-reinstall", *wheels]
        _check(run(command, os.environ, log), "Installing", log_path)
    return build


def _prove(build: Build, plan: BuildPlan) -> None:
    if build.problem:
        raise EngineError(
            f"The new engine does not work: {build.problem} The old one stays.",
            hint="See the log of the build; `hearth doctor` examines the old one.",
        )
    if plan.kind != "cpu" and not build.gpu_offload:
        raise EngineError(
            f"The new engine sees no device through {plan.title}, so the old one stays.",
            hint=f"Install the driver for {plan.title}; `hearth machine` shows what is here.",
        )


def _check(status: int, what: str, log_path: Path) -> None:
    if status:
        lines = log_path.read_text("utf-8", "replace").strip().splitlines()[-LOG_LINES_SHOWN:]
        raise EngineError(
            f"{what} failed with status {status}; the old engine stays. The log ends with: "
            + " | ".join(line.strip() for line in lines),
            hint=f"The whole log is {log_path}.",
        )
