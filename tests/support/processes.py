"""Hearth's server as a process of its own, for tests that start, signal and kill it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PROGRAM = """
import sys
from hearth.config import load_config
from hearth.errors import HearthError
from hearth.house import run
try:
    run(load_config(), web=sys.argv[1] == "web", open_browser=False)
except HearthError as error:
    sys.exit(f"{error.message} {error.hint}")
"""
START_TIMEOUT_S = 60


class Hearth:
    """One server process, with or without the pages (`face` is "web" or "api")."""

    def __init__(self, home: Path, port: int, face: str = "api", model: str = "none") -> None:
        environment = {
            **os.environ,
            "HEARTH_HOME": str(home),
            "HEARTH_PORT": str(port),
            "HEARTH_MODEL": model,
        }
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, face],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert self.process.stderr is not None
        while f"Hearth is at {self.url}" not in (line := self.process.stderr.readline()):
            self.lines.append(line)
            assert line, "".join(self.lines)

    def said(self) -> str:
        """Wait until it ends, and return all that it wrote."""
        assert self.process.stderr is not None
        self.lines += self.process.stderr.readlines()
        self.process.wait(START_TIMEOUT_S)
        return "".join(self.lines)

    def kill(self) -> None:
        """End it without a chance to clean up, if it runs; nothing more can be read."""
        with self.process:
            self.process.kill()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


def wait_for(condition: Callable[[], object], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def have_ended(processes: list[psutil.Process], timeout_s: float) -> bool:
    """Wait for processes to end; one that only nobody has asked after (a zombie) has ended."""
    _, alive = psutil.wait_procs(processes, timeout=timeout_s)
    with contextlib.suppress(psutil.NoSuchProcess):
        return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
    return True
