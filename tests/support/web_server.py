"""The whole program in a process of its own, for tests that look at its pages."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

PROGRAM = """
from hearth.config import load_config
from hearth.house import run
run(load_config(), web=True, open_browser=False)
"""
START_TIMEOUT_S = 60


@dataclass
class WebServer:
    """One `hearth up` in a home of its own."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def web_server(home: Path, model: str, **variables: str) -> Iterator[WebServer]:
    """Run the whole program, with variables in its environment, until the block ends."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "HEARTH_HOME": str(home),
        "HEARTH_OTHER_PROGRAMS": "false",
        "HF_HOME": str(home / "huggingface"),
        "HEARTH_PORT": str(port),
        "HEARTH_MODEL": model,
        **variables,
    }
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)
    server = WebServer(url=f"http://127.0.0.1:{port}", home=home, process=process)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(server: WebServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{server.url}/health").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start; its status is {server.process.poll()}")
