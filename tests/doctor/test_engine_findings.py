"""What the doctor says of an engine: whole, slow, broken, absent; with and without a GPU."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.doctor.child import Reply, ask_module
from hearth.doctor.devices import examine_devices
from hearth.doctor.engine import Build, examine_engine, parse_build, read_build
from hearth.doctor.finding import State
from hearth.doctor.rebuild import rebuild_command
from hearth.machine.accelerators import Accelerator
from support.shapes import machine

AVX512 = machine(flags=frozenset({"avx2", "fma", "avx512f", "avx512_vnni", "sse2"}))
FULL = Build(version="0.3.36", flags=frozenset({"AVX2", "FMA", "AVX512", "AVX512_VNNI", "OPENMP"}))
CUDA = Accelerator(
    kind="cuda",
    title="NVIDIA CUDA",
    device="/dev/nvidia0",
    runtime="/usr/lib/libcuda.so.1",
    toolkit="/usr/bin/nvcc",
    toolkit_name="the CUDA toolkit (nvcc)",
    build_option="-DGGML_CUDA=on",
)


def answer(**content: object) -> Reply:
    return Reply(status=0, output=json.dumps(content), errors="")


# --- the processor ----------------------------------------------------------------------------


def test_engine_built_for_this_processor() -> None:
    finding = examine_engine(FULL, AVX512)
    assert finding.state is State.OK
    assert "AVX512_VNNI" in finding.detail


def test_engine_built_without_what_the_processor_has() -> None:
    generic = replace(FULL, flags=frozenset({"AVX2", "FMA"}))
    finding = examine_engine(generic, AVX512)
    assert finding.state is State.WARN
    assert "without AVX512, AVX512_VNNI" in finding.detail
    assert "pip install --force-reinstall" in (finding.cure or "")
    assert "-DGGML_NATIVE=on" in (finding.cure or "")


def test_processor_without_known_features() -> None:
    assert examine_engine(FULL, machine(flags=frozenset())).state is State.OK


def test_rebuild_command_names_the_pinned_version() -> None:
    assert "llama-cpp-python==0.3.36" in rebuild_command()


# --- what the engine answers ------------------------------------------------------------------


def test_answer_of_an_engine() -> None:
    build = parse_build(
        answer(version="0.3.36", flags={"AVX2": True, "AVX512": False}, gpu_offload=False)
    )
    assert build == Build(version="0.3.36", flags=frozenset({"AVX2"}))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=-4, output="", errors="", ended_by="SIGILL"), "built for another processor"),
        (Reply(status=-11, output="", errors="", ended_by="SIGSEGV"), "broken"),
        (Reply(status=1, output="", errors="a\nlibgomp.so.1: not found"), "libgomp.so.1"),
        (Reply(status=1, output="", errors=""), "it said nothing"),
    ],
)
def test_engine_that_cannot_answer(reply: Reply, words: str) -> None:
    finding = examine_engine(parse_build(reply), AVX512)
    assert finding.state is State.BAD
    assert words in finding.detail
    assert finding.cure


def test_engine_that_is_not_installed() -> None:
    error = {"message": "The engine cannot be loaded.", "hint": "Run `make up`."}
    finding = examine_engine(parse_build(answer(error=error)), AVX512)
    assert (finding.state, finding.cure) == (State.BAD, "Run `make up`.")


@pytest.mark.tiny
def test_this_engine_answers() -> None:
    build = read_build()
    assert build.problem is None
    assert build.version == "0.3.36"


def test_module_that_is_not_there() -> None:
    reply = ask_module("hearth.no_such_module")
    assert reply.status == 1
    assert "no_such_module" in reply.errors
    assert reply.ended_by is None


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_signal_that_ends_a_process_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dies.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert ask_module("dies").ended_by == "SIGILL"


@pytest.mark.tiny
def test_modules_of_the_current_folder_are_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(99)")
    monkeypatch.chdir(tmp_path)
    assert ask_module("hearth.engine.build_info").status != 99


# --- devices ----------------------------------------------------------------------------------


def finding_of(seen: Accelerator | None, build: Build = FULL) -> tuple[State, str, str]:
    found = replace(machine(), accelerators=(seen,) if seen else ())
    (finding,) = examine_devices(build, found)
    return finding.state, finding.detail, finding.cure or ""


def test_no_device() -> None:
    state, detail, cure = finding_of(None)
    assert state is State.INFO
    assert "No GPU" in detail
    assert not cure


def test_toolkit_without_a_device_is_not_recommended() -> None:
    state, detail, cure = finding_of(replace(CUDA, device=None))
    assert state is State.INFO
    assert "no device shows itself" in detail
    assert not cure


def test_device_that_the_engine_was_built_without() -> None:
    state, detail, cure = finding_of(CUDA)
    assert state is State.WARN
    assert "built without it" in detail
    assert cure == "Type `hearth engine build --cuda`."
    assert "`hearth engine build --sycl`" in finding_of(replace(CUDA, kind="oneapi"))[2]


def test_device_without_a_toolkit_names_what_to_install() -> None:
    state, _, cure = finding_of(replace(CUDA, toolkit=None))
    assert state is State.WARN
    assert cure == "Install the CUDA toolkit (nvcc), then `hearth engine build --cuda`."


def test_device_without_its_library() -> None:
    state, _, cure = finding_of(replace(CUDA, runtime=None))
    assert state is State.INFO
    assert "driver" in cure


def test_device_that_the_engine_uses() -> None:
    state, *_ = finding_of(CUDA, replace(FULL, gpu_offload=True))
    assert state is State.OK


def test_device_with_a_broken_engine() -> None:
    state, detail, _ = finding_of(CUDA, Build(problem="broken"))
    assert state is State.INFO
    assert "must work first" in detail
