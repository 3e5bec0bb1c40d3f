"""Is the native engine there, and was it built for this very processor?"""

from __future__ import annotations

import json
from dataclasses import dataclass

from hearth.doctor.child import Reply, ask_module
from hearth.doctor.finding import Finding, State
from hearth.doctor.rebuild import rebuild_command
from hearth.machine.probe import Machine

# What the processor can do, by Linux' name, and the engine's name for having been built with it.
# Source: ggml_backend_cpu_get_features in ggml-cpu.cpp; arch/{x86,arm64} of Linux.
FEATURES = {
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "f16c": "F16C",
    "bmi2": "BMI2",
    "avx_vnni": "AVX_VNNI",
    "avx512f": "AVX512",
    "avx512vbmi": "AVX512_VBMI",
    "avx512_vnni": "AVX512_VNNI",
    "avx512_bf16": "AVX512_BF16",
    "amx_int8": "AMX_INT8",
    "asimd": "NEON",
    "asimddp": "DOTPROD",
    "asimdhp": "FP16_VA",
    "i8mm": "MATMUL_INT8",
    "sve": "SVE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """The engine as it says it was built; `problem` and `cure` when it could not say."""

    version: str = ""
    flags: frozenset[str] = frozenset()
    gpu_offload: bool = False
    problem: str | None = None
    cure: str | None = None


def read_build() -> Build:
    """Ask the engine what it was built for, in a process of its own."""
    return parse_build(ask_module("hearth.engine.build_info"))


def parse_build(reply: Reply) -> Build:
    """Read the engine's answer, or why there is none."""
    if reply.ended_by:
        what = "was built for another processor" if reply.ended_by == "SIGILL" else "is broken"
        problem = f"The engine {what}: trying it ended with {reply.ended_by}."
        return Build(problem=problem, cure=rebuild_command())
    try:
        answer = json.loads(reply.output)
    except json.JSONDecodeError:
        last = reply.errors.strip().splitlines()[-1:] or ["it said nothing"]
        return Build(problem=f"The engine cannot be asked: {last[0]}.", cure=rebuild_command())
    if "error" in answer:
        return Build(problem=answer["error"]["message"], cure=answer["error"]["hint"])
    return Build(
        version=answer["version"],
        flags=frozenset(name for name, is_on in answer["flags"].items() if is_on),
        gpu_offload=answer["gpu_offload"],
    )


def examine_engine(build: Build, machine: Machine) -> Finding:
    """Compare what the engine was built with against what the processor has."""
    if build.problem:
        return Finding(subject="Engine", state=State.BAD, detail=build.problem, cure=build.cure)
    usable = [name for flag, name in FEATURES.items() if flag in machine.cpu.flags]
    missing = [name for name in usable if name not in build.flags]
    title = f"llama-cpp-python {build.version}"
    if missing:
        return Finding(
            subject="Engine",
            state=State.WARN,
            detail=f"{title} was built without {', '.join(missing)}, which this processor has: "
            "it computes slower than it could.",
            cure=rebuild_command(),
        )
    if not machine.cpu.flags:
        detail = f"{title}; this system does not tell what the processor can do, to compare it."
        return Finding(subject="Engine", state=State.OK, detail=detail)
    built = f"built with {', '.join(usable)}" if usable else "built"
    return Finding(subject="Engine", state=State.OK, detail=f"{title}, {built} for this processor.")
