"""A real HTTP server on this machine that speaks the hub's protocol, and misbehaves when told to.

It has the hub's routes (model information, search, `resolve` with its headers and its redirect to
a place for large files), counts every byte that it sends, and can fail in each way that a server
on the internet can: see `Fault`.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SENT_AT_ONCE = 16 * 1024
LARGE_BYTES = 4096  # files from this size on are kept as large files, with a SHA-256


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


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Bytes of a file that went out."""

    path: str
    start: int
    num_bytes: int


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
        self._server = _Server(("127.0.0.1", 0), _Handler)
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        hub = self.server.hub
        self._with_body = with_body
        with hub.lock:
            hub.asked.append(
                (self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
            )
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self._fault = hub.fault_for(path)
        if self._fault.mute:
            hub.closing.wait()
            self.close_connection = True
        elif self._fault.redirect_to is not None:
            self._empty(302, {"location": self._fault.redirect_to})
        elif self._fault.status is not None:
            self._empty(self._fault.status, dict(self._fault.headers))
        elif path == "/api/models":
            self._search(parse_qs(parts.query))
        elif path.startswith("/api/models/"):
            self._info(path.removeprefix("/api/models/"))
        elif "/resolve/" in path:
            self._resolve(path.removeprefix("/"))
        elif path.startswith("/cdn/"):
            self._cdn(path)
        elif path.startswith("/files/") and path.removeprefix("/files/") in hub.files:
            data = hub.files[path.removeprefix("/files/")]
            self._send_file(path, data, {"etag": f'"{_sha256(data)[:16]}"'})
        else:
            self._empty(404, {"x-error-code": "RepoNotFound"})

    def _search(self, query: dict[str, list[str]]) -> None:
        words = query.get("search", [""])[0].lower()
        author = query.get("author", [""])[0]
        found = [
            {
                "id": name,
                "tags": repo.tags,
                "gated": repo.gated and "auto",
                "downloads": 7,
                "likes": 3,
                "lastModified": "2026-01-02T03:04:05.000Z",
                "pipeline_tag": "text-generation",
                **repo.facts,
            }
            for name, repo in self.server.hub.repos.items()
            if words in name.lower()
            and name.startswith(author)
            and set(query.get("filter", [])) <= set(repo.tags)
        ]
        self._json(found[: int(query.get("limit", ["100"])[0])])

    def _repo(self, name: str, revision: str) -> tuple[Repo, str] | None:
        """Return a repository and commit, or answer why not."""
        repo = self.server.hub.repos.get(name)
        if repo is None:
            self._empty(404, {"x-error-code": "RepoNotFound"})
            return None
        if repo.token is not None and self.headers.get("authorization") != f"Bearer {repo.token}":
            code = {"x-error-code": "GatedRepo"} if repo.gated else {}
            self._empty(403 if repo.gated else 401, code)
            return None
        commit = repo.refs.get(revision, revision)
        if commit not in repo.commits:
            self._empty(404, {"x-error-code": "RevisionNotFound"})
            return None
        return repo, commit

    def _info(self, rest: str) -> None:
        name, _, revision = rest.partition("/revision/")
        found = self._repo(name, revision or "main")
        if found is None:
            return
        repo, commit = found
        siblings = [_sibling(path, data) for path, data in repo.commits[commit].items()]
        self._json(
            {"id": name, "sha": commit, "gated": repo.gated, "siblings": siblings, **repo.facts}
        )

    def _resolve(self, rest: str) -> None:
        name, _, tail = rest.partition("/resolve/")
        revision, _, path = tail.partition("/")
        found = self._repo(name, revision)
        if found is None:
            return
        repo, commit = found
        data = repo.commits[commit].get(path)
        headers = {"x-repo-commit": commit}
        if data is None:
            self._empty(404, {**headers, "x-error-code": "EntryNotFound"})
        elif len(data) >= LARGE_BYTES:
            digest = _sha256(data)
            headers |= {"x-linked-etag": f'"{digest}"', "x-linked-size": str(len(data))}
            # Another host, as the hub's storage is; the hub's headers are on the redirect alone.
            storage = self.server.hub.url.replace("127.0.0.1", "localhost")
            target = f"{storage}/cdn/{name}/{commit}/{path}?signature=secret"
            self._empty(302, {**headers, "location": target})
        else:
            self._send_file(f"/{rest}", data, {**headers, "etag": f'"{_git_id(data)}"'})

    def _cdn(self, path: str) -> None:
        if self.headers.get("authorization"):  # the hub's storage refuses the hub's tokens
            self._empty(400, {})
            return
        owner, name, commit, file = path.removeprefix("/cdn/").split("/", 3)
        data = self.server.hub.repos[f"{owner}/{name}"].commits[commit][file]
        self._send_file(path, data, {"etag": f'"{_sha256(data)[:32]}"'})

    def _send_file(self, path: str, data: bytes, headers: dict[str, str]) -> None:
        fault, size = self._fault, len(data)
        start, end = 0, size
        asked = self.headers.get("range")
        if asked and not fault.ignore_range:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1 if last else size, size)
            if start >= size:
                self._empty(416, {"content-range": f"bytes */{size}"})
                return
            start, end = start + fault.shift_range, end + fault.shift_range
            headers = {**headers, "content-range": f"bytes {start}-{end - 1}/{size}"}
        body = data[start:end]
        if fault.corrupt:
            body = bytes(byte ^ 0xFF for byte in body[:64]) + body[64:]
        if fault.endless:
            body += b"x" * 100_000
        self.send_response(206 if "content-range" in headers else 200)
        if fault.no_length or fault.endless:
            self.close_connection = True
        else:
            headers = {**headers, "content-length": str(len(body))}
        for name, value in {**headers, "accept-ranges": "bytes", **fault.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self._with_body:
            self._send_body(path, start, body)

    def _send_body(self, path: str, start: int, body: bytes) -> None:
        hub, fault = self.server.hub, self._fault
        limit = len(body)
        for after in (fault.truncate_after, fault.stall_after):
            limit = limit if after is None else min(limit, after)
        begun_s = time.monotonic()
        for offset in range(0, limit, SENT_AT_ONCE):
            piece = body[offset : min(offset + SENT_AT_ONCE, limit)]
            self.wfile.write(piece)
            with hub.lock:
                hub.sent.append(Sent(path=path, start=start + offset, num_bytes=len(piece)))
            if hub.bytes_per_s is not None:
                due_s = begun_s + (offset + len(piece)) / hub.bytes_per_s
                hub.closing.wait(max(0.0, due_s - time.monotonic()))
            if hub.closing.is_set():
                break
        if fault.stall_after is not None:
            hub.closing.wait()
        if limit < len(body) or hub.closing.is_set():
            self.close_connection = True

    def _json(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _empty(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()


def _sibling(path: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": _git_id(data)}
    if len(data) >= LARGE_BYTES:
        entry["lfs"] = {"sha256": _sha256(data), "size": len(data), "pointerSize": 134}
    return entry


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
