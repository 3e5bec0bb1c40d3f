"""Sudden ends with a real model at work: of a worker, of the server, of everyone's patience."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from support.processes import START_TIMEOUT_S, Hearth, have_ended, wait_for

pytestmark = pytest.mark.tiny


@pytest.fixture
def pico_home(own_home: Path, pico_path: Path) -> Path:
    (own_home / "models").mkdir(parents=True)
    (own_home / "models" / "pico.gguf").symlink_to(pico_path)
    return own_home


LONG = {"model": "pico", "prompt": "x", "max_tokens": 100_000, "ignore_eos": True, "stream": True}


@contextlib.contextmanager
def streaming(server: Hearth) -> Iterator[Iterator[str]]:
    """Begin a long answer and yield its lines, of which one has come."""
    with (
        httpx.Client(base_url=server.url, timeout=START_TIMEOUT_S) as client,
        client.stream("POST", "/v1/completions", json=LONG) as response,
    ):
        lines = response.iter_lines()
        assert next(lines).startswith("data: ")
        yield lines


def test_killed_server_takes_its_workers_along(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """W5: workers end with it, and the next start finds nothing in its way."""
    server = start(model="pico")
    server.wait_until_ready()
    with streaming(server):
        workers = server.children()
        assert workers
        server.process.kill()
        server.process.wait()
        assert have_ended(workers, timeout_s=30)
    again = start(model="pico")
    again.wait_until_ready()
    with streaming(again):
        pass


def test_killed_worker_ends_the_answer_with_an_error_and_the_next_one_works(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """W1: the stream says what happened and ends; the server starts the worker again."""
    server = start(model="pico")
    server.wait_until_ready()
    with streaming(server) as lines:
        largest = max(server.children(), key=lambda child: child.memory_info().rss)
        largest.kill()
        rest = [line for line in lines if line]
    assert json.loads(rest[-2].removeprefix("data: "))["error"]["code"] == "engine_crashed"
    assert rest[-1] == "data: [DONE]"
    with streaming(server):
        pass


def test_first_signal_drains_and_the_second_ends_at_once(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """W9: a running answer goes on after the first signal; the second does not wait for it."""
    server = start(model="pico")
    server.wait_until_ready()
    with streaming(server) as lines:
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(server))
        assert any(next(lines).startswith("data: ") for _ in range(3))
        assert server.process.poll() is None
        workers = server.children()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 128 + signal.SIGTERM
        assert have_ended(workers, timeout_s=30)
    assert not (pico_home / "server.json").exists()


def test_who_watches_a_job_is_told_and_holds_nothing_up(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """Work may last for hours: it is interrupted at once, to be gone on with later."""
    server = start()
    server.wait_until_ready()
    token = json.loads((pico_home / "server.json").read_text())["token"]
    with httpx.Client(
        base_url=server.url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=START_TIMEOUT_S,
    ) as client:
        job = client.post("/hearth/try", json={"model": "pico", "repeats": 20}).json()["job"]
        with client.stream("GET", f"/hearth/jobs/{job['id']}/events") as response:
            lines = response.iter_lines()
            assert json.loads(next(lines))["job"]["id"] == job["id"]
            server.process.send_signal(signal.SIGTERM)
            *_, last = lines
    assert json.loads(last)["job"]["state"] == "interrupted"
    assert server.process.wait(START_TIMEOUT_S) == 0


def is_refused(server: Hearth) -> bool:
    try:
        return httpx.get(f"{server.url}/health").status_code != 200
    except httpx.TransportError:
        return True


def test_silent_thousand_keep_nobody_out(start: Callable[..., Hearth], pico_home: Path) -> None:
    """N1: a thousand connections that say nothing, and one that asks."""
    server = start(model="pico")
    server.wait_until_ready()
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            stack.enter_context(socket.create_connection(address))
        with streaming(server):
            pass
