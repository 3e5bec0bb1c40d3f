"""Are workers shut off from files and network here? Tried for real in a process of its own."""

from __future__ import annotations

import platform

from hearth.config import Config
from hearth.doctor.child import ask_module
from hearth.doctor.finding import Finding, State


def examine_confinement(config: Config) -> Finding:
    """Confine a process as a worker is, let it try what it must not do, and say what happened."""
    subject = "Confinement"
    if not config.confine:
        return Finding(
            subject=subject,
            state=State.WARN,
            detail="Switched off by the setting `confine`: workers can reach files and network.",
            cure="Remove `confine` from config.toml and HEARTH_CONFINE from the environment.",
        )
    if platform.system() != "Linux":
        return Finding(
            subject=subject,
            state=State.INFO,
            detail=f"Off: it needs Linux, and this is {platform.system()}. A worker can reach your "
            "files and the network, so load only models from sources that you trust.",
        )
    reply = ask_module("hearth.engine.confine")
    said = [line.strip() for line in reply.output.splitlines() if line.strip()]
    refused = sum(line.startswith("refused") for line in said)
    if reply.status == 0 and refused:
        return Finding(
            subject=subject,
            state=State.OK,
            detail=f"On: a confined process tried {refused} ways to reach files, network and "
            "programs, and all were refused.",
        )
    failed = [line for line in said if line.startswith("ALLOWED") or " off: " in line]
    why = "; ".join(failed) or reply.ended_by or reply.errors.strip()[-200:] or "no reason given"
    return Finding(
        subject=subject,
        state=State.WARN,
        detail=f"Not complete: {why}.",
        cure="Use Linux 5.13 or newer with Landlock and seccomp (in a container: allow them), or "
        "load only models from sources that you trust.",
    )
