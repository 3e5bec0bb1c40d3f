"""Does a server run, and is its port free if none does?"""

from __future__ import annotations

import asyncio
import errno
import os
import socket

from hearth.config import Config
from hearth.doctor.finding import Finding, State
from hearth.engine.connect import find_server


def examine_server(config: Config) -> Finding:
    """Say whether a server of this home runs; if none does, whether it could bind its port."""
    running = asyncio.run(find_server(config))
    if running is not None:
        return Finding(
            subject="Server",
            state=State.OK,
            detail=f"Runs at {running.url} (process {running.pid}, Hearth {running.version}).",
        )
    where = f"{config.host}:{config.port}"
    try:
        _try_to_bind(config.host, config.port)
    except OSError as error:
        return Finding(
            subject="Server",
            state=State.BAD,
            detail=f"None runs, and {where} cannot be used: {_reason(error)}.",
            cure=f"Stop that program, or choose another port: hearth up --port {config.port + 1}."
            if error.errno == errno.EADDRINUSE
            else "Correct the settings `host` and `port`: see `hearth config`.",
        )
    return Finding(subject="Server", state=State.OK, detail=f"None runs; {where} is free for it.")


def _try_to_bind(host: str, port: int) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # elsewhere it would share a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program, or another user's Hearth, uses it"
    return error.strerror or str(error)
