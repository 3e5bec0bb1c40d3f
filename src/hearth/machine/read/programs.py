"""Small programs that come with drivers and know what the kernel does not tell."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from hearth.children import child_environment

TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program wrote, or why there is nothing; one of the two."""

    text: str = ""
    why_not: str | None = None


def ask(program: str, *arguments: str) -> Answer:
    """Run a program that only tells, and return what it wrote.

    Args:
        program: Its name or path.
        arguments: For it.
    """
    path = shutil.which(program)
    if path is None:
        return Answer(why_not=f"{program} is not there")
    try:
        done = subprocess.run(
            [path, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(why_not=f"{program} does not answer: {error}")
    if done.returncode:
        said = (done.stdout or done.stderr).strip().splitlines()
        reason = said[0] if said else f"exit status {done.returncode}"
        return Answer(why_not=f"{program} failed: {reason}")
    return Answer(text=done.stdout)
