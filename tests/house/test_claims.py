"""The lock and the port that one server holds alone (rows W6, W7)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.errors import SetupError
from hearth.house.claims import listening_socket, only_server, server_url


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
