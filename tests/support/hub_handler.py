"""The routes of the hub, as `support.hub_server` answers them."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from support.hub_server import Repo

SENT_AT_ONCE = 16 * 1024
LARGE_BYTES = 4096  # files from this size on are kept as large files, with a SHA-256


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Bytes of a file that went out."""

    path: str
    start: int
    num_bytes: int


class HubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

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
