"""Fixtures for tests of whole server processes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.processes import Hearth


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
        one.kill()
