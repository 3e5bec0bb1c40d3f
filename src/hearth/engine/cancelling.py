"""Await work that somebody may stop from another thread, as jobs are stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import TypeVar

from hearth.errors import RequestAborted

LOOK_EVERY_S = 0.1

T = TypeVar("T")


async def until_cancelled(
    work: Coroutine[None, None, T], cancelled: threading.Event, stopped: str
) -> T:
    """Await work; cancel it, and with it its children, soon after it is to stop.

    Args:
        work: What is done; when it is cancelled, it ends whatever it has begun.
        cancelled: Set when it is to stop.
        stopped: What is said then, as a sentence.

    Raises:
        RequestAborted: It was stopped.
    """
    task = asyncio.create_task(work)
    try:
        while not task.done() and not cancelled.is_set():
            await asyncio.wait([task], timeout=LOOK_EVERY_S)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
    if task.cancelled() or (cancelled.is_set() and task.exception() is None):
        raise RequestAborted(stopped)  # what was done at the last moment is not wanted either
    return task.result()
