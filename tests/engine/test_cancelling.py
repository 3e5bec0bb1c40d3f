"""Waiting that is stopped from another thread, and waiting that cannot be stopped half-way."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hearth.engine.cancelling import to_the_end, until_cancelled
from hearth.errors import RequestAborted


async def test_work_that_is_stopped_ends_what_it_began() -> None:
    cancelled, began, ended = threading.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.set()

    waiting = asyncio.create_task(until_cancelled(work(), cancelled, "It was stopped."))
    await began.wait()
    cancelled.set()
    with pytest.raises(RequestAborted, match=r"^It was stopped\.$"):
        await waiting
    assert ended.is_set()


async def test_work_nobody_stops_gives_what_it_found() -> None:
    async def work() -> int:
        return 7

    assert await until_cancelled(work(), threading.Event(), "no") == 7
    assert await to_the_end(work()) == 7


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_an_end_is_reached_however_often_its_waiter_is_cancelled(times) -> None:
    ended: list[bool] = []

    async def end() -> None:
        await asyncio.sleep(0.05)
        ended.append(True)

    waiting = asyncio.create_task(to_the_end(end()))
    for _ in range(times):
        await asyncio.sleep(0.001)
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended == [True]


async def test_an_end_that_fails_says_so() -> None:
    async def end() -> None:
        raise OSError("no such process")

    with pytest.raises(OSError, match="no such process"):
        await to_the_end(end())
