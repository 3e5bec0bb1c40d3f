"""What is compared: Hearth with some settings, the raw loop, or a server that somebody started.

All answer prompts and tell when. A side of ours can be stopped and started again; while it does not
answer it computes nothing, so two of them can be in memory at once.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import psutil

from workloads.answers import Answer, Client

START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a side is started.

    Args:
        label: What a table calls it.
        kind: "hearth", "raw" or "peer".
        options: Of Hearth's load, by their names in `POST /hearth/load`.
        url: Of a peer, with `served_name` and `api_key`.
        extra: Fields that a peer gets besides OpenAI's.
    """

    label: str
    kind: str = "hearth"
    options: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    served_name: str = ""
    api_key: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Side(Protocol):
    """Answers prompts."""

    setup: Setup

    def answers(self, prompts: list[str], num_tokens: int, **fields: Any) -> list[Answer]: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


def side_of(setup: Setup, model: Path, folder: Path) -> Side:
    """Return a side, not started yet.

    Args:
        setup: How it is to be started.
        model: The model file.
        folder: For what it keeps.
    """
    if setup.kind == "raw":
        return RawSide(setup, model)
    if setup.kind == "peer":
        return PeerSide(setup)
    return HearthSide(setup, model, folder)


class PeerSide:
    """A server that is there already."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.client = Client(setup.url, setup.served_name, setup.api_key, setup.extra)

    def answers(self, prompts: list[str], num_tokens: int, **fields: Any) -> list[Answer]:
        return self.client.answers(prompts, num_tokens, **fields)

    def start(self) -> None:
        self.client.answer("Hello", 1)

    def stop(self) -> None:
        """Leave it to whoever started it."""


class RawSide:
    """`raw_loop.py` as a child; it samples greedily, whatever it is asked."""

    def __init__(self, setup: Setup, model: Path) -> None:
        self.setup, self._model = setup, model
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        program = Path(__file__).with_name("raw_loop.py")
        command = [sys.executable, str(program), str(self._model)]
        for name, value in self.setup.options.items():
            command += [f"--{name}", str(value)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._line()
        self.answers(["Hello"], 1)

    def answers(self, prompts: list[str], num_tokens: int, **_: Any) -> list[Answer]:
        assert self._process is not None
        assert self._process.stdin is not None
        command = {"prompts": prompts, "num_tokens": num_tokens}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        result = self._line()
        return [
            Answer(
                stamps=(first_s, result["total_s"]),
                prompt_tokens=prompt_tokens,
                completion_tokens=num_tokens,
            )
            for first_s, prompt_tokens in zip(
                result["first_s"], result["prompt_tokens"], strict=True
            )
        ]

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def processes(self) -> list[int]:
        """Return the child."""
        assert self._process is not None
        return [self._process.pid]

    def _line(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            told = self._process.communicate()[1].splitlines()[-1:]
            raise RuntimeError(": ".join(["the raw loop has ended", *told]))
        return json.loads(line)


class HearthSide:
    """`hearth serve` on a free port, with a home of its own that outlives a stop."""

    def __init__(self, setup: Setup, model: Path, folder: Path) -> None:
        self.setup, self.home, self._model = setup, folder, model
        self.name = self._served_name(model)
        self._url = ""
        self.client = Client(self._url, self.name)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.start_server()
        self.load()
        self.client.answer("Hello", 1)

    def load(self) -> None:
        """Load the model with the options of this side.

        Raises:
            RuntimeError: The server refuses to.
        """
        load = {"model": self.name, "options": self.setup.options}
        url = f"{self._url}/hearth/load"
        with httpx.stream("POST", url, json=load, timeout=START_TIMEOUT_S) as told:
            lines = list(told.iter_lines())
            if told.status_code != 200 or not json.loads(lines[-1]).get("status"):
                raise RuntimeError(f"{self.setup.label} does not load: {lines[-1]}")

    def start_server(self) -> None:
        """Start the server alone."""
        port = _free_port()
        environment = os.environ | {
            "HEARTH_HOME": str(self.home),
            "HF_HOME": str(self.home / "hub"),
            "HEARTH_IDLE_UNLOAD_S": "0",
            "HEARTH_OTHER_PROGRAMS": "false",
            "HEARTH_MODEL": self.name,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hearth", "serve", "--port", str(port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._url = f"http://127.0.0.1:{port}"
        self._wait_until_healthy()
        self.client = Client(self._url, self.name, extra={"ignore_eos": True})

    def answers(self, prompts: list[str], num_tokens: int, **fields: Any) -> list[Answer]:
        return self.client.answers(prompts, num_tokens, **fields)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def forget_file(self) -> None:
        """Put the model's file out of the page cache; nobody may have it mapped."""
        with self._model.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def memory_mb(self) -> float:
        """Return the memory of the server and its children; shared pages count once in all."""
        return sum(psutil.Process(pid).memory_full_info().pss for pid in self.processes()) / 1e6

    def processes(self) -> list[int]:
        """Return the server and its children."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children(recursive=True)
        return [self._process.pid, *(child.pid for child in children)]

    def _served_name(self, model: Path) -> str:
        """Return the name that the server has for a file; a path is no name to it."""
        folder = self.home / "models"
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / model.name
        if not link.exists():
            link.symlink_to(model.absolute())
        return model.stem

    def _wait_until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"hearth serve ended with status {self._process.returncode}")
            try:
                if httpx.get(f"{self._url}/health", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise RuntimeError(f"hearth serve is not healthy within {START_TIMEOUT_S:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cores() -> int:
    """Return the hardware threads that this process may use."""
    return len(os.sched_getaffinity(0))
