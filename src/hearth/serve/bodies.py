"""How much a client may send, and how slowly: bounds on bodies, counted while they arrive."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from hearth.errors import InvalidRequest
from hearth.serve.limits import MAX_BODY_BYTES, MIN_BODY_BYTES_PER_S


def bounded_receive(receive: Receive, headers: Headers, timeout_s: float) -> Receive:
    """Wrap a request's `receive` so that an endless, packed or dripping body ends in an error.

    A body may take `timeout_s` and a second more for each `MIN_BODY_BYTES_PER_S` that came.

    Raises:
        InvalidRequest: The announced body is too large, or is compressed.
    """
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise InvalidRequest(
            "Compressed bodies are not read; send the body as it is.", http_status=415
        )
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    return _Bounded(receive, timeout_s)


class _Bounded:
    def __init__(self, receive: Receive, timeout_s: float) -> None:
        self._receive = receive
        self._size_bytes = 0
        self._deadline: float | None = asyncio.get_running_loop().time() + timeout_s

    async def __call__(self) -> Message:
        if self._deadline is None:  # the body is whole; what comes now is the disconnect
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise InvalidRequest(
                "The body came too slowly and the server stopped waiting.", http_status=408
            ) from error
        arrived = len(message.get("body", b""))
        self._size_bytes += arrived
        if self._size_bytes > MAX_BODY_BYTES:
            raise _too_large()
        self._deadline += arrived / MIN_BODY_BYTES_PER_S
        if not message.get("more_body", False):
            self._deadline = None
        return message


def _too_large() -> InvalidRequest:
    return InvalidRequest(
        f"The body is larger than {MAX_BODY_BYTES // 1024**2} MiB, which is the most that is read.",
        http_status=413,
    )
