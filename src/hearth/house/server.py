"""uvicorn with Hearth's limits and Hearth's way to stop."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from hearth.config import Config
from hearth.engine.server_info import remove_server_info
from hearth.serve.limits import Patience
from hearth.serve.protocol import BoundedProtocol

DRAIN_S = 10
KEEP_ALIVE_S = 15


class Server(uvicorn.Server):
    """Serves until a signal: the first drains for `DRAIN_S` and returns, the second ends at once.

    Args:
        app: What to serve.
        config: How patient to be with clients, and where the server's file is.
        on_ready: Called once the server accepts connections.
        on_stopping: Called when it begins to drain: who watches something that goes on for long
            shall not hold it up.
        patience: How long clients may take; default: as the settings say.
    """

    def __init__(
        self,
        app: ASGIApp,
        config: Config,
        on_ready: Callable[[], None],
        on_stopping: Callable[[], None],
        patience: Patience | None = None,
    ) -> None:
        self._info_path = config.server_info_path
        self._on_ready, self._on_stopping = on_ready, on_stopping
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol.with_patience(
                    patience or Patience(stalled_s=config.stalled_client_s)
                ),
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,  # X-Forwarded-* from anyone would be believed
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections, and say so."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no connections any more, and let what was begun come to its end."""
        self._on_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle signals until the server has stopped; uvicorn would then raise them again."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; when asked again, stop at once (workers end with their parent)."""
        if self.should_exit:
            remove_server_info(self._info_path)
            os._exit(128 + sig)
        self.should_exit = True
