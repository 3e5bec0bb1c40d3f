"""Where a running server can be reached, as it says itself in a file only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from hearth.errors import SetupError


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a running server says about itself.

    Args:
        pid: Its process.
        url: Base address, without a slash at the end.
        token: Proof of reading this file: a key that makes a caller this user.
        version: Version of Hearth that runs.
    """

    pid: int
    url: str
    token: str
    version: str

    def __repr__(self) -> str:
        """Show everything but the token."""
        return f"ServerInfo(pid={self.pid}, url={self.url!r}, version={self.version!r})"


def write_server_info(path: Path, info: ServerInfo) -> None:
    """Write the file whole or not at all, readable by its owner alone.

    Raises:
        SetupError: It cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(info))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise SetupError(
            f"The server cannot say where it is: {path} cannot be written ({error.strerror}).",
            hint="Make room on the disk, or repair the permissions, and start again.",
        ) from error


def read_server_info(path: Path) -> ServerInfo | None:
    """Read the file; None where there is none or it is not one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerInfo)
    except (OSError, msgspec.DecodeError):
        return None


def remove_server_info(path: Path) -> None:
    """Take the file away, if this process wrote it."""
    info = read_server_info(path)
    if info is not None and info.pid == os.getpid():
        path.unlink(missing_ok=True)
