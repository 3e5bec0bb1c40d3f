"""Where the bytes of a model file come from.

A header is read through a `ByteSource`, which knows neither formats nor models: a file on this
machine here, or ranges of a remote one in `hearth.models.ranges`.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from hearth.errors import BadModelFile, ModelNotFound
from hearth.models.labels import plain


def bad_file(name: str | Path, reason: str, hint: str | None = None) -> BadModelFile:
    """Return the error for a file that cannot be used as a model, safe to show as it is."""
    shown = f"{plain(name, 300)} is not a usable model file: {plain(reason, 500)}."
    return BadModelFile(shown, hint=hint)


class ByteSource(Protocol):
    """A file of known size that is read in pieces."""

    @property
    def name(self) -> str:
        """What messages call it: a path or an address."""

    @property
    def size_bytes(self) -> int:
        """Size of the whole file."""

    @property
    def fetched_bytes(self) -> int:
        """Bytes that came from the disk or over the network so far."""

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises:
            BadModelFile: The file has become shorter, or ends before them.
            SourceError: They could not be fetched.
        """


class Closing:
    """Closes itself at the end of a `with` block."""

    def close(self) -> None:
        """Give back what is held open."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class FileBytes(Closing):
    """A regular file; it is only read.

    Args:
        path: The file; anything else (a folder, a pipe, a device) is refused unopened.

    Raises:
        ModelNotFound: There is no such file.
        BadModelFile: It is no regular file, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.fetched_bytes = 0
        try:
            if "\0" in self.name or not stat.S_ISREG(path.stat().st_mode):
                raise bad_file(self.name, "it is a folder or a device, and not a regular file")
            # Unbuffered: readers keep windows of their own.
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise ModelNotFound(
                f"There is no file {plain(path, 300)}.", hint="Run `hearth models list`."
            ) from error
        except OSError as error:
            raise self._unreadable(error) from error
        self.size_bytes = os.fstat(self._file.fileno()).st_size

    def read(self, offset: int, length: int) -> bytes:
        """Return exactly `length` bytes; see `ByteSource.read`."""
        pieces = []
        try:
            self._file.seek(offset)
            while length and (piece := self._file.read(length)):
                pieces.append(piece)
                length -= len(piece)
                self.fetched_bytes += len(piece)
        except OSError as error:
            raise self._unreadable(error) from error
        if length:
            raise bad_file(self.name, "it became shorter while it was read")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _unreadable(self, error: OSError) -> BadModelFile:
        return bad_file(self.name, f"it cannot be read ({error.strerror or error})")
