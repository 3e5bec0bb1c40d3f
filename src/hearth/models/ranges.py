"""A remote file, read by HTTP range requests, to look into it without downloading it.

It asks for what is read and a little more, a block that doubles while reading goes on: so a header
of several megabytes takes few requests, and a small one travels almost alone.
"""

from __future__ import annotations

import re

import httpx

from hearth.errors import AccessDenied, ModelNotFound, SourceError
from hearth.models.bytes import Closing, bad_file
from hearth.models.labels import plain

FIRST_BLOCK_BYTES = 64 * 1024
MAX_BLOCK_BYTES = 512 * 1024  # at most so much travels that nobody reads

_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})")


class RangeBytes(Closing):
    """A remote file, read by HTTP range requests; the first one is sent at once, for the size.

    Args:
        url: Address of the file.
        client: Sends the requests within its reach (`hearth.models.reach.open_client`).

    Raises:
        AddressRefused: The address, or one that it redirects to, is out of reach.
        ModelNotFound: The server has no such file.
        AccessDenied: The server asks for a login.
        SourceError: The server failed, or does not send parts of files.
    """

    def __init__(self, url: str, *, client: httpx.Client) -> None:
        self.name = url
        self.fetched_bytes = 0
        self.size_bytes = 0
        self._client = client
        self._etag: str | None = None
        self._block_bytes = FIRST_BLOCK_BYTES
        self._start = 0  # offset of the kept bytes in the file
        self._kept = b""
        self._kept = self._fetch(0, FIRST_BLOCK_BYTES, is_first=True)

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; see `ByteSource.read`."""
        if offset + length > self.size_bytes:
            raise bad_file(self.name, f"it ends at byte {self.size_bytes:,}")
        end = self._start + len(self._kept)
        if not self._start <= offset <= end:  # a jump: what is kept is of no use
            self._start, self._kept, end = offset, b"", offset
        if offset + length > end:
            self._block_bytes = min(2 * self._block_bytes, MAX_BLOCK_BYTES)
            wanted_end = min(max(offset + length, end + self._block_bytes), self.size_bytes)
            self._kept = self._kept[offset - self._start :] + self._fetch(end, wanted_end - end)
            self._start = offset
        at = offset - self._start
        return self._kept[at : at + length]

    def close(self) -> None:
        """Forget what is kept; the client belongs to the caller."""
        self._kept = b""

    def _fetch(self, offset: int, length: int, *, is_first: bool = False) -> bytes:
        try:
            headers = {
                "range": f"bytes={offset}-{offset + length - 1}",
                "accept-encoding": "identity",
            }
            with self._client.stream("GET", self.name, headers=headers) as response:
                self._check_status(response)
                size_bytes, wanted = self._announced(response, offset, length)
                etag = response.headers.get("etag")
                if is_first:
                    self.size_bytes, self._etag = size_bytes, etag
                elif (size_bytes, etag) != (self.size_bytes, self._etag):
                    raise self._failed("the file was changed while it was read")
                return self._body(response, wanted)
        except httpx.HTTPError as error:
            raise self._failed(f"it cannot be reached ({error or type(error).__name__})") from error

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in (401, 403):
            raise AccessDenied(
                f"{plain(self.name, 300)} asks for a login (HTTP {status}).",
                hint="Set HF_TOKEN to a token that may read it, and accept its terms on its page.",
            )
        if status in (404, 410):
            raise ModelNotFound(f"There is no file at {plain(self.name, 300)}.")
        if status == 200:
            raise self._failed("its server sends only whole files, not parts of them")
        if status not in (206, 416):
            raise self._failed(f"its server answered with HTTP {status}")

    def _announced(self, response: httpx.Response, offset: int, length: int) -> tuple[int, int]:
        """Return the file's size and how many bytes this answer is to carry."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if response.headers.get("content-encoding", "identity") != "identity" or found is None:
            raise self._failed("its server sends parts in a form that cannot be used")
        size_bytes = int(found[3])
        wanted = min(length, max(size_bytes - offset, 0))
        sent = int(found[2]) - int(found[1]) + 1 if found[1] is not None else 0
        if sent != wanted or (wanted and int(found[1]) != offset):
            raise self._failed("its server sent another part than was asked for")
        return size_bytes, wanted

    def _body(self, response: httpx.Response, wanted: int) -> bytes:
        if response.status_code == 416:  # only an empty file gives it for the ranges asked here
            return b""
        received = bytearray()
        for piece in response.iter_raw():
            received += piece
            self.fetched_bytes += len(piece)
            if len(received) > wanted:
                raise self._failed("its server sent more than was asked for")
        if len(received) < wanted:
            raise self._failed("the connection ended too early")
        return bytes(received)

    def _failed(self, reason: str) -> SourceError:
        return SourceError(f"{plain(self.name, 300)} cannot be read: {plain(reason, 300)}.")
