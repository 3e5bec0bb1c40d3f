"""The engine is replaced when the new one is proven, and not before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import pytest

from hearth.config import load_config
from hearth.doctor.building import BuildPlan, build_engine, plan_build, run_pip
from hearth.doctor.engine import read_build
from hearth.errors import EngineError, SetupError
from hearth.machine.accelerators import look_for_accelerators

CPU = BuildPlan(
    kind="cpu", title="this processor alone", cmake="-DX=on", requirement="llama-cpp-python==9"
)
GPU = BuildPlan(kind="cuda", title="NVIDIA CUDA", cmake="-DX=on", requirement="llama-cpp-python==9")


class Pip:
    """Builds a wheel of nothing, so that the installed engine is what answers."""

    def __init__(self, *, fails_at: int | None = None, module: str | None = None) -> None:
        self.commands: list[Sequence[str]] = []
        self.options: str | None = None
        self.fails_at = fails_at
        self.module = module

    def __call__(
        self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]
    ) -> int:
        self.commands.append(command)
        if len(self.commands) == self.fails_at:
            log.write(b"a compiler said\nno\n")
            log.flush()
            return 1
        if "wheel" in command:
            self.options = environment["CMAKE_ARGS"]
            folder = Path(command[command.index("--wheel-dir") + 1])
            (folder / "llama_cpp_python-9-py3-none-any.whl").touch()
        elif "--target" in command and self.module is not None:
            site = Path(command[command.index("--target") + 1])
            (site / "llama_cpp").mkdir(parents=True)
            (site / "llama_cpp/__init__.py").write_text(self.module)
        return 0


@pytest.mark.tiny
def test_an_engine_that_answers_is_installed(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMAKE_ARGS", "-DMINE=on")
    pip, told = Pip(), list[str]()
    build = build_engine(CPU, load_config(), told.append, pip)
    assert build.version
    assert pip.options == "-DMINE=on -DX=on"
    assert [("wheel" in one, "--target" in one) for one in pip.commands] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert "--force-reinstall" in pip.commands[2]
    assert str(own_home / "logs/engine-build.log") in told[0]


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("raise ImportError('no such symbol')", "no such symbol"),
        ("__version__ = '0.0.1'", "0.0.1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    ],
)
def test_an_engine_that_does_not_work_is_not_installed(module: str, told: str) -> None:
    pip = Pip(module=module)
    with pytest.raises(EngineError, match="The old one stays") as caught:
        build_engine(CPU, load_config(), lambda _: None, pip)
    assert told in caught.value.message
    assert len(pip.commands) == 2


@pytest.mark.tiny
def test_an_engine_that_sees_no_gpu_is_not_installed() -> None:
    if read_build().gpu_offload:
        pytest.skip("the engine here uses a GPU, and would be proven")
    pip = Pip()
    with pytest.raises(EngineError, match="sees no device through NVIDIA CUDA"):
        build_engine(GPU, load_config(), lambda _: None, pip)
    assert len(pip.commands) == 2


@pytest.mark.parametrize("step", [1, 2])
def test_a_failure_of_pip_shows_the_end_of_the_log(step: int) -> None:
    pip = Pip(fails_at=step)
    with pytest.raises(EngineError, match=r"a compiler said \| no") as caught:
        build_engine(CPU, load_config(), lambda _: None, pip)
    assert "engine-build.log" in str(caught.value.hint)
    assert len(pip.commands) == step


def test_plans() -> None:
    plan = plan_build(None)
    assert "llama-cpp-python==" in str(plan)
    assert "-DGGML_NATIVE=on" in plan.cmake
    with pytest.raises(SetupError, match="cannot have voodoo"):
        plan_build("voodoo")
    for seen in look_for_accelerators():
        if seen.toolkit:
            assert seen.build_option in plan_build(seen.kind).cmake
        else:
            with pytest.raises(SetupError, match="is not here"):
                plan_build(seen.kind)


def test_pip_is_run_with_its_output_in_the_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert run_pip(["/bin/sh", "-c", "echo $X; exit 3"], {"X": "heard"}, log) == 3
    assert (tmp_path / "log").read_text() == "heard\n"
