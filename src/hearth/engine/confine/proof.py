"""Try what confinement must refuse, and report what happened.

Every attempt is made for real and is harmless where it is *not* refused: a file that could be
made is removed, a program that could be started is `true`, and replacing this very process is
tried with a program that does not exist (a filter refuses the call before the kernel looks for
the file, so "not found" means that nothing stood in the way).
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearth.engine.confine.kernel import is_linux

REFUSALS = (errno.EPERM, errno.EACCES)
PROBE_NAME = ".hearth-confinement-probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One thing that was tried, and whether it was refused; `answer` is what the system said."""

    what: str
    refused: bool
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All attempts of one process."""

    attempts: tuple[Attempt, ...]

    @property
    def confined(self) -> bool:
        """True when there were attempts, and every one was refused."""
        return bool(self.attempts) and all(attempt.refused for attempt in self.attempts)

    def __str__(self) -> str:
        """Say it in one line per attempt."""
        return "\n".join(
            f"{'refused' if a.refused else 'ALLOWED'}  {a.what} ({a.answer})" for a in self.attempts
        )


def prove() -> Proof:
    """Try to read, write, connect and start programs from this process, and report each.

    Elsewhere than on Linux, where nothing confines, nothing is tried.
    """
    if not is_linux():
        return Proof(attempts=())
    tries: tuple[tuple[str, Callable[[], None]], ...] = (
        ("read a file outside the model", _read_a_file),
        ("write a file in the home folder", _write_a_file),
        ("make an internet socket", lambda: socket.socket(socket.AF_INET).close()),
        ("make a local socket", lambda: socket.socket(socket.AF_UNIX).close()),
        ("start a program", _start_a_program),
        ("become another program", _become_a_program),
    )
    return Proof(attempts=tuple(_attempt(what, action) for what, action in tries))


def _attempt(what: str, action: Callable[[], None]) -> Attempt:
    try:
        action()
    except OSError as error:
        refused = error.errno in REFUSALS
        return Attempt(what=what, refused=refused, answer=error.strerror or str(error))
    return Attempt(what=what, refused=False, answer="done")


def _read_a_file() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def _write_a_file() -> None:
    # Not Path.home(): a service has no HOME, and then it reads the password file, refused here.
    path = Path(os.environ.get("HOME", "/")) / f"{PROBE_NAME}-{os.getpid()}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    path.unlink()


def _start_a_program() -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def _become_a_program() -> None:
    os.execv(f"/{PROBE_NAME}", [PROBE_NAME])
