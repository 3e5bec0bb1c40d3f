"""The whole program as processes: started once, guarded as a whole, stopped in order."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hearth.config import Config
from hearth.engine.server_info import ServerInfo, read_server_info
from hearth.errors import SetupError
from hearth.house import run
from support.processes import START_TIMEOUT_S, Hearth, wait_for


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


def test_exposed_host_without_a_key_is_refused_before_anything_starts(tmp_path: Path) -> None:
    home = tmp_path / "untouched"
    with pytest.raises(SetupError, match="no key is set"):
        run(Config(home=home, host="0.0.0.0"), web=False, open_browser=False)
    assert not home.exists()


def test_home_that_cannot_be_made_is_refused(start: Callable[..., Hearth], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    server = start(home=tmp_path / "file" / "home")
    assert "cannot be written" in server.said()
    assert server.process.returncode == 1


def test_default_model_that_cannot_be_loaded_is_named(start: Callable[..., Hearth]) -> None:
    server = start(model="no-such-model")
    server.wait_until_ready()
    assert httpx.get(f"{server.url}/health").status_code == 200
    server.process.terminate()
    assert "no-such-model" in server.said()


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
