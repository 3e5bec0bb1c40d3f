"""Which GPUs show themselves here, and can the engine use them?"""

from __future__ import annotations

from hearth.doctor.engine import Build
from hearth.doctor.finding import Finding, State
from hearth.doctor.rebuild import build_command
from hearth.machine.accelerators import Accelerator
from hearth.machine.probe import Machine


def examine_devices(build: Build, machine: Machine) -> list[Finding]:
    """Return one finding per kind of accelerator that shows any sign, or one that none does."""
    if not machine.accelerators:
        detail = "No GPU and no GPU toolkit seen; the engine computes on the processor."
        return [Finding(subject="GPU", state=State.INFO, detail=detail)]
    return [_examine(each, build) for each in machine.accelerators]


def _examine(seen: Accelerator, build: Build) -> Finding:
    subject = seen.title
    if not seen.device:
        parts = [part for part in (seen.runtime, seen.toolkit) if part]
        return Finding(
            subject=subject,
            state=State.INFO,
            detail=f"Software is here ({', '.join(parts)}), but no device shows itself; the engine "
            "computes on the processor.",
        )
    if build.problem:
        detail = f"A device is here ({seen.device}); the engine must work first."
        return Finding(subject=subject, state=State.INFO, detail=detail)
    if build.gpu_offload:
        detail = f"A device is here ({seen.device}), and the engine was built for a GPU."
        return Finding(subject=subject, state=State.OK, detail=detail)
    if not seen.runtime:
        return Finding(
            subject=subject,
            state=State.INFO,
            detail=f"A device is here ({seen.device}), but not the library that programs use.",
            cure=f"Install the driver's libraries for {seen.title}, then run `hearth doctor`.",
        )
    command = f"`{build_command(seen.kind)}`"
    first = "Type" if seen.toolkit else f"Install {seen.toolkit_name}, then"
    return Finding(
        subject=subject,
        state=State.WARN,
        detail=f"A device is here ({seen.device}), but the engine was built without it.",
        cure=f"{first} {command}.",
    )
