"""How patient the server is with a client, and how many silent ones it keeps."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BODY_BYTES = 32 * 1024 * 1024
MIN_BODY_BYTES_PER_S = 16 * 1024
MAX_HEADER_BYTES = 32 * 1024
MAX_HEADERS = 100
MAX_UNSENT_BYTES = 256 * 1024
MAX_SILENT_CONNECTIONS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that a client may take.

    Args:
        headers_s: From connecting, or from the first byte of a later request, to whole headers.
        body_s: For a body, and a second more for each `MIN_BODY_BYTES_PER_S` that came.
        stalled_s: For taking what was sent, once `MAX_UNSENT_BYTES` wait for it.
    """

    headers_s: float = 10.0
    body_s: float = 30.0
    stalled_s: float = 60.0
