"""The other side of a terminal that a command writes to."""

from __future__ import annotations

import os


def read_to_end(terminal: int) -> str:
    """Return all that is written until the command closes its side, and close this one."""
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            piece = b""
        if not piece:
            os.close(terminal)
            return b"".join(pieces).decode()
        pieces.append(piece)
