"""Commands run in this process, through the same border as the console script."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.cli.main import run
from support.command import Hearth, Result

START_TIMEOUT_S = 60


@pytest.fixture
def hearth(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Hearth:
    """Return a function that runs `hearth` with these words and this standard input."""
    monkeypatch.setenv("COLUMNS", "100")
    number = 0

    def call(*words: str, stdin: str | bytes = b"") -> Result:
        nonlocal number
        number += 1
        path = tmp_path / f"stdin-{number}"
        path.write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        capsys.readouterr()
        with path.open(encoding="utf-8") as file:
            monkeypatch.setattr(sys, "stdin", file)
            status = run(list(words))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def server_home(tmp_path_factory: pytest.TempPathFactory, pico_path: Path) -> Iterator[Path]:
    """Run `hearth serve` with the pico model, and yield its home."""
    home = tmp_path_factory.mktemp("served")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["serve", "--port", str(port), "--model", str(pico_path)]
    with (home / "stderr").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "hearth", *words],
            env={"HEARTH_HOME": str(home), "HEARTH_OTHER_PROGRAMS": "false", "PATH": ""},
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            _wait_for(home / "server.json", server)
            yield home
        finally:
            server.terminate()
            server.wait(START_TIMEOUT_S)


def _wait_for(path: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not path.exists():
        assert server.poll() is None, "the server ended while it started"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)


@pytest.fixture
def served(server_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the commands of this test find the running server."""
    monkeypatch.setenv("HEARTH_HOME", str(server_home))
    return server_home
