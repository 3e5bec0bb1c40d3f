"""One ranged request: asked, judged by its headers, and read; every answer but the right one named.

A piece of a file is used only when the server says that it is that piece, of a file of that size
and version. Whatever could join bytes of two files raises instead.
"""

from __future__ import annotations

import re
import socket
import threading
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from hearth.errors import AccessDenied, HearthError, ModelNotFound, SourceError
from hearth.models.labels import plain

MAX_RETRY_AFTER_S = 300.0

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19})")


class TryAgain(Exception):
    """A request failed in a way that may pass.

    Args:
        reason: What happened, for people.
        after_s: Seconds that the server asks to wait, or None.
    """

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class Changed(Exception):
    """The file at this address is another one than the one that was begun."""


class RangesIgnored(Exception):
    """The server sends whole files only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file on a server.

    Args:
        url: Where its bytes are.
        size_bytes: Its length.
        etag: What the server called this version of it, or None where that is not known.
        headers: What proves who asks; sent to this host alone.
    """

    url: str
    size_bytes: int
    etag: str | None
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        """Show neither headers nor a signature in the address."""
        return f"Remote({self.url.partition('?')[0]!r}, {self.size_bytes} bytes)"


class Connections:
    """The sockets of a client, so that a cancelled pull need not wait for a silent server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of each connection that is made; httpcore's hook of the same name."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            made = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets.add(made)

    def shut(self) -> None:
        """Let every read that waits end now."""
        with self._lock:
            for made in list(self._sockets):
                try:
                    # Not the method of SSLSocket, which takes state away from a reader in mid-read.
                    socket.socket.shutdown(made, socket.SHUT_RDWR)
                except OSError:  # it was closed already
                    continue
            self._sockets.clear()


def read_range(
    client: httpx.Client, remote: Remote, start: int, end: int, connections: Connections
) -> Iterator[bytes]:
    """Yield the bytes from `start` up to `end`, as they come; they may be fewer.

    Raises:
        TryAgain: The server or the network failed for the moment.
        Changed: The server has another file now.
        RangesIgnored: The server sends whole files only, and something else was asked for.
        HearthError: Asking again cannot help.
    """
    headers = {**remote.headers, "range": f"bytes={start}-{end - 1}"}
    extensions = {"trace": connections.trace}
    try:
        with client.stream("GET", remote.url, headers=headers, extensions=extensions) as response:
            _judge(response, remote, start, end)
            left = end - start
            for data in response.iter_raw():
                if len(data) > left:
                    raise SourceError(f"{_host(remote)} sends more than the file has; stopped.")
                left -= len(data)
                yield data
    except httpx.TooManyRedirects as error:
        raise SourceError(f"{_host(remote)} redirects in a circle.") from error
    except httpx.TimeoutException as error:
        raise TryAgain("the server sends nothing") from error
    except httpx.TransportError as error:
        raise TryAgain(str(error) or type(error).__name__) from error


def _judge(response: httpx.Response, remote: Remote, start: int, end: int) -> None:
    status = response.status_code
    if status == 416:
        raise Changed
    if status not in (200, 206):
        raise failure_of(response, remote)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise SourceError(f"{_host(remote)} sends the file compressed, though asked not to.")
    etag = response.headers.get("etag")
    if remote.etag is not None and etag != remote.etag:
        raise Changed
    if status == 200:
        _judge_whole(response, remote, start, end)
        return
    found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    if found is None:
        raise TryAgain("the server does not say which part it sends")
    first, last, size = (int(text) for text in found.groups())
    if size != remote.size_bytes:
        raise Changed
    if first != start or last >= end:
        raise TryAgain(f"the server sends bytes {first:,} to {last:,}, not what was asked for")


def _judge_whole(response: httpx.Response, remote: Remote, start: int, end: int) -> None:
    if (start, end) != (0, remote.size_bytes):
        raise RangesIgnored
    length = response.headers.get("content-length")
    if length is not None and length != str(remote.size_bytes):
        raise Changed


def failure_of(response: httpx.Response, remote: Remote) -> HearthError | TryAgain:
    """Return what a status that carries no bytes means."""
    status, name = response.status_code, plain(remote.url.partition("?")[0], 300)
    if status in (401, 403):
        return AccessDenied(
            f"{name} asks for a login, or for its terms to be accepted (status {status}).",
            hint="Accept them on the model's page, then log in: `hf auth login`, or set HF_TOKEN.",
        )
    if status in (404, 410):
        return ModelNotFound(f"{name} is not there (status {status}).")
    if status in (408, 429) or status >= 500:
        return TryAgain(f"the server answers with status {status}", _retry_after_s(response))
    return SourceError(f"{name} cannot be fetched (status {status}).")


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    if not text.isdecimal() or len(text) > 9:
        return None
    return min(float(text), MAX_RETRY_AFTER_S)


def _host(remote: Remote) -> str:
    return plain(httpx.URL(remote.url).host)
