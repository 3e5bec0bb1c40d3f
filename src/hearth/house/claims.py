"""What one running server holds alone: its home's lock, and its port."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Generator
from contextlib import closing, contextmanager

from hearth.config import Config
from hearth.engine.server_info import read_server_info
from hearth.errors import SetupError

BACKLOG = 1024
PORTS_TO_TRY = 20
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@contextmanager
def only_server(config: Config) -> Generator[None, None, None]:
    """Hold the home's lock, which the system frees however this process ends.

    Raises:
        SetupError: Another server holds it.
    """
    with config.lock_path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            raise _already_running(config, file.read().strip()) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _already_running(config: Config, pid: str) -> SetupError:
    info = read_server_info(config.server_info_path)
    if info is None or str(info.pid) != pid:
        return SetupError(
            f"Hearth is starting or stopping here already (process {pid or 'unknown'}).",
            hint="Wait a moment and try again.",
        )
    return SetupError(
        f"Hearth already runs here: process {info.pid} at {info.url}.",
        hint=f"Open {info.url}, or stop it with `kill {info.pid}`.",
    )


@contextmanager
def listening_socket(config: Config) -> Generator[socket.socket, None, None]:
    """Hold the port; clients that come before the app is ready wait in the backlog.

    Raises:
        SetupError: The port is in use or not permitted, or the host is not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _cannot_listen(config, error) from error
    with closing(listener):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            raise _cannot_listen(config, error) from error
        yield listener


def server_url(config: Config) -> str:
    """Return the address at which this machine's own programs reach the server."""
    host = WILDCARDS.get(config.host, config.host)
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def _cannot_listen(config: Config, error: OSError) -> SetupError:
    where = f"{config.host}:{config.port}"
    if error.errno == errno.EADDRINUSE:
        return SetupError(
            f"The port {config.port} is in use by another program.",
            hint=f"Use another one: `hearth up --port {_free_port(config)}`.",
        )
    if error.errno == errno.EACCES:
        return SetupError(
            f"This user may not listen at {where}: {error.strerror}.",
            hint="Use a port of 1024 or above: `hearth up --port 11711`.",
        )
    return SetupError(
        f"This machine cannot listen at {where}: {error.strerror or error}.",
        hint="Use an address of this machine, such as `--host 127.0.0.1`.",
    )


def _free_port(config: Config) -> int:
    for port in range(config.port + 1, min(config.port + PORTS_TO_TRY, 65535) + 1):
        with closing(socket.socket()) as probe:
            if probe.connect_ex((WILDCARDS.get(config.host, config.host), port)) != 0:
                return port
    return 0
