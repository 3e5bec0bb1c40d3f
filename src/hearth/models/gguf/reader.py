"""Read little-endian values from a hostile file: never past its end, never much of it at once.

Every length that a file claims is compared with the bytes that are left before anything is read or
allocated. At most one window of the file is in memory.
"""

from __future__ import annotations

import struct
from typing import Any

from hearth.errors import BadModelFile
from hearth.models.bytes import ByteSource, bad_file

WINDOW_BYTES = 256 * 1024

_LENGTH = struct.Struct("<Q")


class BoundedReader:
    """A forward-only view of a file of known size.

    Args:
        source: The file; a read past its size is an error.
    """

    def __init__(self, source: ByteSource) -> None:
        self.name = source.name
        self.size_bytes = source.size_bytes
        self._source = source
        self._window = b""
        self._base = 0  # offset of the window in the file
        self._at = 0  # read position inside the window

    @property
    def position(self) -> int:
        """Offset of the next byte in the file."""
        return self._base + self._at

    @property
    def remaining_bytes(self) -> int:
        """Bytes from the position to the end of the file."""
        return self.size_bytes - self.position

    def fail(self, reason: str, hint: str | None = None) -> BadModelFile:
        """Return the error for this file, to be raised by the caller."""
        return bad_file(self.name, reason, hint)

    def require(self, num_bytes: int, what: str) -> None:
        """Check that a part of the file is there before it is read or skipped.

        Raises:
            BadModelFile: The file ends before the part does; both sizes are named.
        """
        if num_bytes > self.remaining_bytes:
            raise self.fail(
                f"it is cut off in {what}: the file is {self.size_bytes:,} bytes and needs "
                f"at least {self.position + num_bytes:,}",
                "Download the model again; a partial download can usually be resumed.",
            )

    def peek(self, num_bytes: int) -> bytes:
        """Return the next bytes without moving, fewer at the end of the file."""
        num_bytes = min(num_bytes, self.remaining_bytes)
        self._fill(num_bytes, "its start")
        return self._window[self._at : self._at + num_bytes]

    def take(self, num_bytes: int, what: str) -> bytes:
        """Read bytes; the caller has bounded their number."""
        self._fill(num_bytes, what)
        start = self._at
        self._at += num_bytes
        return self._window[start : self._at]

    def unpack(self, layout: struct.Struct, what: str) -> tuple[Any, ...]:
        """Read one little-endian structure."""
        self._fill(layout.size, what)
        values = layout.unpack_from(self._window, self._at)
        self._at += layout.size
        return values

    def skip(self, num_bytes: int, what: str) -> None:
        """Move past bytes without reading them."""
        self.require(num_bytes, what)
        self._move_to(self.position + num_bytes)

    def skip_strings(self, count: int, what: str, *, max_bytes: int) -> bool:
        """Move past `count` strings, each an 8-byte length and its bytes, a window at a time.

        Returns:
            False, somewhere on the way, when they take more than `max_bytes`.
        """
        end = self.position + max_bytes
        # Names of their own for what is looked up half a million times in a large vocabulary.
        size, unpack_from = _LENGTH.size, _LENGTH.unpack_from
        while count:
            self._fill(size, what)
            window, at = self._window, self._at
            last = len(window) - size
            while count and at <= last:
                at += size + unpack_from(window, at)[0]
                count -= 1
            self.require(at - self._at, what)
            self._move_to(self._base + at)
            if self.position > end:
                return False
        return True

    def _move_to(self, position: int) -> None:
        if position <= self._base + len(self._window):
            self._at = position - self._base
        else:
            self._window, self._base, self._at = b"", position, 0

    def _fill(self, num_bytes: int, what: str) -> None:
        if len(self._window) - self._at >= num_bytes:
            return
        self.require(num_bytes, what)
        self._base, self._at = self.position, 0
        length = min(max(num_bytes, WINDOW_BYTES), self.size_bytes - self._base)
        self._window = self._source.read(self._base, length)
