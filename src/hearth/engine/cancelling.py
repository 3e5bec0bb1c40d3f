"""Await work that somebody may stop from another thread, and work that nobody may stop half-way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Coroutine
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


async def to_the_end(work: Awaitable[T]) -> T:
    """Await work that must not be left half done, such as the end of a process.

    Raises:
        CancelledError: Whoever waits was cancelled; the work has been done nevertheless.
    """
    task = asyncio.ensure_future(work)
    heard: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as cancelled:
            heard = cancelled
    if heard is not None:
        raise heard
    return task.result()
