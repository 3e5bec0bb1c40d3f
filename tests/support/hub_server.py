"""A real HTTP server on this machine that speaks the hub's protocol, and misbehaves when told to.

It has the hub's routes (model information, search, `resolve` with its headers and its redirect to
a place for large files), counts every byte that it sends, and can fail in each way that a server
on the internet can: see `Fault`.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from support.hub_handler import HubHandler, Sent


@dataclass(kw_only=True)
class Fault:
    """One way to misbehave.

    Args:
        path: Part of the paths it applies to.
        times: How often; None for ever.
        skip: How many such requests go well before.
        status: Answer with this status and nothing else.
        headers: Headers to add, or to replace.
        truncate_after: Close the connection after so many bytes of the body.
        stall_after: Send nothing more after so many bytes of the body.
        corrupt: Send other bytes.
        ignore_range: Send the whole file with status 200.
        shift_range: Send another part than was asked for.
        redirect_to: Where to send the client.
        endless: Send more bytes than were announced, without a length.
        no_length: Send a body without a length.
        mute: Accept the request and say nothing.
    """

    path: str = ""
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    truncate_after: int | None = None
    stall_after: int | None = None
    corrupt: bool = False
    ignore_range: bool = False
    shift_range: int = 0
    redirect_to: str | None = None
    endless: bool = False
    no_length: bool = False
    mute: bool = False


@dataclass(kw_only=True)
class Repo:
    """A repository: files at commits."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    token: str | None = None
    tags: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class HubServer:
    """The server; `url` is what HF_ENDPOINT is to be."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.files: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.sent: list[Sent] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.bytes_per_s: float | None = None
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), HubHandler)
        self._server.hub = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def add(self, repo: str, files: Mapping[str, bytes], **about: Any) -> str:
        """Add a repository, or a commit to one, and return the commit."""
        made = self.repos.setdefault(repo, Repo())
        for name, value in about.items():
            setattr(made, name, value)
        key = json.dumps([repo, len(made.commits), sorted(files)]).encode()
        commit = hashlib.sha1(key, usedforsecurity=False).hexdigest()
        made.commits[commit] = dict(files)
        made.refs["main"] = commit
        return commit

    def fail(self, **fault: Any) -> Fault:
        """Misbehave once, or as the fault says."""
        made = Fault(**fault)
        with self.lock:
            self.faults.append(made)
        return made

    def sent_bytes(self, path: str = "") -> int:
        """Return how many bytes of files went out."""
        with self.lock:
            return sum(sent.num_bytes for sent in self.sent if path in sent.path)

    def fault_for(self, path: str) -> Fault:
        """Return how to treat a request, and count it."""
        with self.lock:
            for fault in self.faults:
                if fault.path not in path or fault.times == 0:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return Fault(times=0)

    def close(self) -> None:
        """End every connection and every thread."""
        self.closing.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Run a server for one test."""
    server = HubServer()
    try:
        yield server
    finally:
        server.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128
    hub: HubServer

    def __init__(self, *arguments: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for request in list(self._open):
            try:
                request.shutdown(2)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
