"""A small HTTP server on loopback that sends parts of one file, and counts the bytes that leave."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What a server does, and what it has done.

    Args:
        content: Bytes of the file.
        etag: Sent with each answer.
        ignores_ranges: Sends the whole file whatever is asked for.
        status: Sent in place of the file when it is not 0.
        location: Where every request is sent on to, or None.
        cut_bytes: So many bytes of each answer are missing; below 0, so many are too much.
        shift_bytes: Each answer carries a part that lies so much later.
        sent_bytes: Bytes of all bodies.
    """

    content: bytes
    etag: str = '"1"'
    ignores_ranges: bool = False
    status: int = 0
    location: str | None = None
    cut_bytes: int = 0
    shift_bytes: int = 0
    encoding: str | None = None
    url: str = ""
    sent_bytes: int = 0
    ranges: list[tuple[int, int]] = field(default_factory=list)


@contextmanager
def serve_ranges(content: bytes) -> Iterator[Served]:
    """Serve a file at `url` until the block ends."""
    served = Served(content)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, served)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/models/pico.gguf"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, served: Served) -> None:
    if served.status or served.location:
        handler.send_response(served.status or 302)
        if served.location:
            handler.send_header("Location", served.location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    size_bytes = len(served.content)
    if served.ignores_ranges:
        _send(handler, served, 200, served.content, None)
        return
    found = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers["Range"])
    assert found is not None
    start, end = int(found[1]), min(int(found[2]) + 1, size_bytes)
    served.ranges.append((start, end))
    if start >= size_bytes:
        _send(handler, served, 416, b"", f"bytes */{size_bytes}")
        return
    start, end = start + served.shift_bytes, end + served.shift_bytes
    _send(handler, served, 206, served.content[start:end], f"bytes {start}-{end - 1}/{size_bytes}")


def _send(
    handler: BaseHTTPRequestHandler, served: Served, status: int, body: bytes, part: str | None
) -> None:
    sent = body[: len(body) - served.cut_bytes] + bytes(max(-served.cut_bytes, 0))
    served.sent_bytes += len(sent)
    handler.send_response(status)
    handler.send_header("ETag", served.etag)
    handler.send_header("Content-Length", str(len(body) if served.cut_bytes > 0 else len(sent)))
    if part:
        handler.send_header("Content-Range", part)
    if served.encoding:
        handler.send_header("Content-Encoding", served.encoding)
    handler.end_headers()
    try:
        handler.wfile.write(sent)
    except OSError:  # the reader has seen enough
        served.sent_bytes -= len(sent)
    if served.cut_bytes > 0:
        handler.close_connection = True
