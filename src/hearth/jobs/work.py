"""What a job does, and how it says how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Report(Protocol):
    """Takes how far a job is; may be called often, and from any thread."""

    def __call__(self, done: int, total: int, doing: str) -> None:
        """Note units done, units in all (0: unknown), and what goes on now."""


# What a job of one kind does: from its arguments (plain data) to its result (plain data). It ends
# soon after `cancelled` is set, by raising RequestAborted, and leaves what can be gone on with.
Work = Callable[[Mapping[str, Any], Report, threading.Event], Mapping[str, Any]]
