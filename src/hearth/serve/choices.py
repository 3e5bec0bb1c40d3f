"""Several answers at once: their events in one stream, in the order in which they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from hearth.core import Delta, Finished, GenerateEvent, Receipt, Started, TokenTrace

Events = AsyncGenerator[GenerateEvent, None]
IndexedEvents = AsyncGenerator[tuple[int, GenerateEvent], None]


async def merge(sources: Sequence[Events]) -> IndexedEvents:
    """Yield every source's events with the source's index; the first error ends them all.

    Closing this generator closes all sources.
    """
    if len(sources) == 1:  # the usual case needs no queue
        async with aclosing(sources[0]) as events:
            async for event in events:
                yield 0, event
        return
    queue: asyncio.Queue[tuple[int, GenerateEvent | None]] = asyncio.Queue()
    tasks = [_pour(index, source, queue) for index, source in enumerate(sources)]
    try:
        num_open = len(tasks)
        while num_open:
            index, item = await queue.get()
            if item is None:
                tasks[index].result()  # raises what ended this source, if it was an error
                num_open -= 1
            else:
                yield index, item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pour(
    index: int, source: Events, queue: asyncio.Queue[tuple[int, GenerateEvent | None]]
) -> asyncio.Task[None]:
    """Start a task that puts a source's events into the queue, and None when it has ended."""

    async def pour() -> None:
        async with aclosing(source) as events:
            async for event in events:
                queue.put_nowait((index, event))

    task = asyncio.create_task(pour())
    task.add_done_callback(lambda _: queue.put_nowait((index, None)))
    return task


class Collected:
    """One answer, gathered from its events."""

    def __init__(self) -> None:
        self.traces: list[TokenTrace] = []
        self.started: Started | None = None
        self.finished: Finished | None = None
        self._texts: list[str] = []

    @property
    def text(self) -> str:
        """The whole answer so far."""
        return "".join(self._texts)

    @property
    def receipt(self) -> Receipt | None:
        """What was cut from the prompt, if anything was."""
        return self.started.receipt if self.started else None

    def add(self, event: GenerateEvent) -> None:
        """Take in the next event."""
        if isinstance(event, Delta):
            self._texts.append(event.text)
            self.traces += event.traces
        elif isinstance(event, Started):
            self.started = event
        else:
            self.finished = event


async def collect(sources: Sequence[Events]) -> list[Collected]:
    """Wait for every answer's end."""
    answers = [Collected() for _ in sources]
    async with aclosing(merge(sources)) as events:
        async for index, event in events:
            answers[index].add(event)
    return answers
