"""Ask a module of Hearth's own in a process of its own: what it finds out can end the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a process wrote, and how it ended; `ended_by` names the signal that killed it."""

    status: int
    output: str
    errors: str
    ended_by: str | None = None


def ask_module(module: str, first_on_path: Path | None = None) -> Reply:
    """Run `python -m module` and return what came back.

    Args:
        module: Its full name.
        first_on_path: A folder whose packages come before the installed ones.
    """
    environment = dict(os.environ)
    if first_on_path is not None:
        before = [str(first_on_path), environment.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, before))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", module],  # -P: no modules of the current folder
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Reply(status=-1, output="", errors="", ended_by=f"a limit of {TIMEOUT_S} s")
    return Reply(
        status=done.returncode,
        output=done.stdout,
        errors=done.stderr,
        ended_by=_signal_name(done.returncode),
    )


def _signal_name(status: int) -> str | None:
    if status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
