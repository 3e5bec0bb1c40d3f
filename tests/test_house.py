"""The whole program as processes: starting once, stopping in order, dying without traces."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from hearth.config import Config
from hearth.engine.server_info import ServerInfo, read_server_info
from hearth.errors import SetupError
from hearth.house import run
from hearth.house.claims import listening_socket, only_server, server_url
from hearth.house.log import JsonLines, log_to

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
    """One `hearth serve` as a process of its own."""

    def __init__(self, home: Path, port: int, face: str = "api", model: str = "none") -> None:
        environment = {
            **os.environ,
            "HEARTH_HOME": str(home),
            "HEARTH_PORT": str(port),
            "HEARTH_MODEL": model,
        }
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, face],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        line = self.process.stderr.readline() if self.process.stderr else ""
        assert f"Hearth is at {self.url}" in line, line + self.said()

    def said(self) -> str:
        """Return what it wrote before it ended."""
        return self.process.communicate(timeout=START_TIMEOUT_S)[1]

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start(own_home: Path, port: int) -> Iterator[Callable[..., Hearth]]:
    """Start servers that end with the test."""
    started: list[Hearth] = []

    def start_one(**options: object) -> Hearth:
        options = {"home": own_home, "port": port, **options}
        started.append(Hearth(**options))  # type: ignore[arg-type]
        return started[-1]

    yield start_one
    for one in started:
        one.process.kill()
        one.process.communicate()


def wait_for(condition: Callable[[], object], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


# --- starting once ----------------------------------------------------------------------------


def test_one_server_per_home_and_per_port(
    start: Callable[..., Hearth], own_home: Path, tmp_path: Path, port: int
) -> None:
    """W6, W7: the second in the same home, and one at the same port in another home."""
    first = start()
    first.wait_until_ready()
    second = start(port=port + 1)
    said = second.said()
    assert second.process.returncode == 1
    assert str(first.process.pid) in said
    assert first.url in said
    elsewhere = start(home=tmp_path / "other")
    said = elsewhere.said()
    assert elsewhere.process.returncode == 1
    assert f"{port} is in use" in said
    assert "hearth up --port" in said
    assert httpx.get(f"{first.url}/health").status_code == 200
    info = read_server_info(own_home / "server.json")
    assert info is not None
    assert (info.pid, info.url) == (first.process.pid, first.url)


def test_two_at_once_leave_one(start: Callable[..., Hearth]) -> None:
    both = [start(), start()]
    wait_for(lambda: any(one.process.poll() is not None for one in both), START_TIMEOUT_S)
    (loser,) = [one for one in both if one.process.poll() is not None]
    (winner,) = [one for one in both if one is not loser]
    assert loser.process.returncode == 1
    assert "already" in loser.said()
    winner.wait_until_ready()


def test_lock_names_the_holder_and_is_freed(tmp_path: Path) -> None:
    config = Config(home=tmp_path)
    with (
        only_server(config),
        pytest.raises(SetupError, match=f"process {os.getpid()}"),
        only_server(config),
    ):
        pass
    with only_server(config):
        pass


def test_port_in_use_suggests_one_that_is_free(tmp_path: Path, port: int) -> None:
    config = Config(home=tmp_path, port=port)
    with listening_socket(config), pytest.raises(SetupError) as caught, listening_socket(config):
        pass
    suggestion = int(caught.value.hint.rpartition(" ")[2].strip("`."))
    with listening_socket(Config(home=tmp_path, port=suggestion)):
        pass


@pytest.mark.parametrize("host", ["203.0.113.1", "no-such-host.invalid", "not a host"])
def test_address_of_another_machine_is_refused(tmp_path: Path, host: str) -> None:
    config = Config(home=tmp_path, host=host, api_key="a-key-of-sufficient-length")
    with pytest.raises(SetupError, match="cannot listen"), listening_socket(config):
        pass


def test_exposed_host_without_a_key_is_refused_before_anything_starts(tmp_path: Path) -> None:
    home = tmp_path / "untouched"
    with pytest.raises(SetupError, match="no key is set"):
        run(Config(home=home, host="0.0.0.0"), web=False, open_browser=False)
    assert not home.exists()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:5"),
        ("0.0.0.0", "http://127.0.0.1:5"),
        ("::", "http://[::1]:5"),
    ],
)
def test_url_is_one_that_works_here(host: str, url: str) -> None:
    assert server_url(Config(host=host, port=5)) == url


def test_guard_is_around_the_pages_too(start: Callable[..., Hearth]) -> None:
    """N6, N7, N9, N11: pages, their files and their websocket, reached from a foreign page."""
    server = start(face="web")
    server.wait_until_ready()
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    with httpx.Client(base_url=server.url) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        socket_path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
        for foreign in ({"host": "evil.com"}, {"origin": "http://evil.com"}, {"origin": "null"}):
            for path in ("/", "/none", "/_nicegui/none", socket_path):
                assert client.get(path, headers=foreign).status_code == 403, path
                assert client.post(path, headers=foreign).status_code == 403, path
            assert client.get(socket_path, headers={**upgrade, **foreign}).status_code == 403
        assert client.get(socket_path, headers=upgrade).status_code == 403
        assert client.get("/v1/nothing").json()["error"]["code"] == "not_found"


# --- stopping in order ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_an_idle_server(
    start: Callable[..., Hearth], own_home: Path, number: signal.Signals
) -> None:
    server = start()
    server.wait_until_ready()
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))):
        server.process.send_signal(number)
        assert server.process.wait(START_TIMEOUT_S) == 0
    assert not (own_home / "server.json").exists()
    again = start()
    again.wait_until_ready()


def test_killed_server_leaves_no_stale_lock(start: Callable[..., Hearth], own_home: Path) -> None:
    killed = start()
    killed.wait_until_ready()
    killed.process.kill()
    killed.process.wait()
    assert (own_home / "server.json").exists()
    again = start()
    again.wait_until_ready()
    info = read_server_info(own_home / "server.json")
    assert isinstance(info, ServerInfo)
    assert info.pid == again.process.pid


# --- with a real model ------------------------------------------------------------------------


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


@pytest.mark.tiny
def test_killed_server_takes_its_workers_along(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """W5: workers end within two seconds, and the next start finds nothing in its way."""
    server = start(model="pico")
    server.wait_until_ready()
    with contextlib.suppress(httpx.HTTPError), streaming(server):
        workers = server.children()
        assert workers
        server.process.kill()
        server.process.wait()
        _, alive = psutil.wait_procs(workers, timeout=2)
        assert not alive
        raise httpx.ReadError("the connection is gone with the server")
    again = start(model="pico")
    again.wait_until_ready()
    with streaming(again):
        pass


@pytest.mark.tiny
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


@pytest.mark.tiny
def test_first_signal_drains_and_the_second_ends_at_once(
    start: Callable[..., Hearth], pico_home: Path
) -> None:
    """W9: a running answer goes on after the first signal; the second does not wait for it."""
    server = start(model="pico")
    server.wait_until_ready()
    with contextlib.suppress(httpx.HTTPError), streaming(server) as lines:
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: is_refused(server))
        assert any(next(lines).startswith("data: ") for _ in range(3))
        assert server.process.poll() is None
        workers = server.children()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 128 + signal.SIGTERM
        assert not psutil.wait_procs(workers, timeout=2)[1]
        raise httpx.ReadError("the connection is gone with the server")
    assert not (pico_home / "server.json").exists()


def is_refused(server: Hearth) -> bool:
    try:
        return httpx.get(f"{server.url}/health").status_code != 200
    except httpx.TransportError:
        return True


@pytest.mark.tiny
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


# --- the log ----------------------------------------------------------------------------------


def test_log_lines_cannot_be_forged(tmp_path: Path) -> None:
    """Q20: whatever a field contains, an entry is one line of plain ASCII."""
    import logging

    record = logging.LogRecord("x", logging.ERROR, "", 0, "a\n\x1b[2J\u2028%s", ("\ud800",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["message"].startswith("a\n\x1b[2J")


def test_failed_request_is_logged_without_its_content(
    start: Callable[..., Hearth], own_home: Path
) -> None:
    (own_home / "models").mkdir(parents=True)
    (own_home / "models" / "broken.gguf").write_bytes(b"no model")
    server = start()
    server.wait_until_ready()
    secret = {"model": "broken", "prompt": "my secret\n\x1b[2J"}
    answer = httpx.post(f"{server.url}/v1/completions?api_key=secret", json=secret)
    assert answer.json()["error"]["code"] == "bad_model_file"
    server.process.terminate()
    server.process.wait(START_TIMEOUT_S)
    log = own_home / "logs" / "server.log"
    assert not log.exists() or "secret" not in log.read_text()


@pytest.fixture
def root_logging() -> Iterator[None]:
    import logging

    before = logging.root.handlers[:], logging.root.level
    yield
    for handler in logging.root.handlers:
        handler.close()
    logging.root.handlers, logging.root.level = before


def test_log_goes_to_its_file(tmp_path: Path, root_logging: None) -> None:
    import logging

    log_to(tmp_path / "server.log")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("anything").exception("it failed")
    entry = json.loads((tmp_path / "server.log").read_text())
    assert (entry["level"], entry["message"]) == ("ERROR", "it failed")
    assert "ValueError: why" in entry["exception"]
