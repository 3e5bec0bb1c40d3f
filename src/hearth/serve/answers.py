"""Send an answer while it is made: whole or as a stream, and stop making it when the client goes.

The first piece is awaited before a status line is sent, so that whatever is refused (a full queue,
a prompt over the context) is refused with its own status. After that an error can only be said in
the stream itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hearth.errors import HearthError
from hearth.serve.replies import error_response, unexpected

ByteChunks = AsyncGenerator[bytes, None]

_STREAM_HEADERS = [(b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Answer(Response):
    """An answer whose pieces are sent one by one as soon as each exists.

    Args:
        chunks: What to send; closed, which aborts the work behind it, when the client goes away.
        media_type: Content type of the stream.
        on_error: Turns an error that comes after the first piece into the stream's last one.
    """

    def __init__(
        self, chunks: ByteChunks, media_type: str, on_error: Callable[[HearthError], bytes]
    ) -> None:
        self._chunks = chunks
        self._content_type = media_type.encode()
        self._on_error = on_error
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer, or as much of it as the client stays for."""
        await while_connected(receive, self._send(scope, receive, send))

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        try:
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    if not started:
                        started = True
                        await self._start(send)
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except Exception as caught:  # the border of a request whose status is already sent
            path = scope["path"]
            error = caught if isinstance(caught, HearthError) else unexpected(caught, path)
            if not started:
                await error_response(error, path)(scope, receive, send)
                return
            last = self._on_error(error)
            await send({"type": "http.response.body", "body": last, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _start(self, send: Send) -> None:
        headers = [(b"content-type", self._content_type), *_STREAM_HEADERS]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class WholeAnswer(Response):
    """An answer that is sent once it is complete; the work on it ends when the client goes."""

    def __init__(self, work: Coroutine[Any, Any, Response]) -> None:
        self._work = work
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Await the work and send what it returns, or its error."""
        await while_connected(receive, self._send(scope, receive, send))

    async def _send(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._work
        except HearthError as error:
            response = error_response(error, scope["path"])
        await response(scope, receive, send)


async def while_connected(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Run some work to its end, or cancel it as soon as the client has gone."""
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait((working, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, listening):
            task.cancel()
        await asyncio.gather(working, listening, return_exceptions=True)
    if not working.cancelled():
        working.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
