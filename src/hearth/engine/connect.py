"""Which engine to use: the one in this user's running server, or one of one's own."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.engine.server_info import ServerInfo, read_server_info

HEALTH_TIMEOUT_S = 2.0


async def connect(config: Config) -> Engine:
    """Return the running server's engine if there is one, else an engine in this process.

    Close what is returned: a server's engine keeps its models then, one's own gives them up.
    """
    info = await find_server(config)
    if info is not None:
        from hearth.engine.remote import RemoteEngine

        return RemoteEngine(info.url, info.token)
    from hearth.engine.local import LocalEngine

    return LocalEngine(config)


async def find_server(config: Config) -> ServerInfo | None:
    """Return what this home's running server says about itself; None where none answers."""
    info = read_server_info(config.server_info_path)
    if info is None or not await asyncio.to_thread(_is_healthy, info.url):
        return None
    return info


def _is_healthy(url: str) -> bool:
    # The standard library's client: this runs before every command, and httpx takes long to import.
    try:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=HEALTH_TIMEOUT_S)
        with closing(connection):
            connection.request("GET", "/health")
            response = connection.getresponse()
            return response.status == 200 and json.load(response).get("status") == "ok"
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
