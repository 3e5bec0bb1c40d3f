"""Which engine to use: the one in this user's running server, or one of one's own."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from hearth.config import Config
from hearth.engine.client import Engine
from hearth.engine.server_info import ServerInfo, read_server_info

HEALTH_TIMEOUT_S = 2.0


def connect(config: Config) -> Engine:
    """Return the running server's engine if there is one, else an engine in this process.

    Close what is returned; a server's engine keeps its models, one's own gives them up.
    """
    info = running_server(config)
    if info is not None:
        from hearth.engine.remote import RemoteEngine

        return RemoteEngine(info.url, info.token)
    from hearth.engine.local import LocalEngine

    return LocalEngine(config)


def running_server(config: Config) -> ServerInfo | None:
    """Return what the running server says about itself; None where none answers."""
    info = read_server_info(config.server_info_path)
    return info if info is not None and _is_healthy(info.url) else None


def _is_healthy(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        return response.status == 200 and json.load(response).get("status") == "ok"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
