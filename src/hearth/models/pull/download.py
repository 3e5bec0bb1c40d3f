"""Fetch one file over several connections into a partial file that survives any end.

Every connection takes runs of missing chunks, writes what comes to its place in the file, and
enters a chunk in the journal once it is on the disk. A request that fails goes on where it
stopped, so that within one process no byte is sent twice; after `kill -9`, less than a chunk of
each connection is.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import httpx

from hearth.errors import SourceError
from hearth.models.labels import plain
from hearth.models.pull.digest import Follower, Hash
from hearth.models.pull.journal import Journal
from hearth.models.pull.pace import Pace
from hearth.models.pull.requests import Connections, Remote, TryAgain, read_range
from hearth.models.pull.spans import Spans

MAX_TRIES = 6
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0
POLL_S = 0.2  # how long a cancelled pull may go unnoticed
STEADY_BYTES = 256 * 1024  # so much between two failures makes the second one a first


class Stopped(Exception):
    """The pull was cancelled, or another connection of it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all files of a pull are fetched with.

    Args:
        client: Sends requests, within reach.
        connections: Its sockets.
        num_connections: Requests at once.
        pace: The bandwidth limit.
        cancelled: Set when somebody wants it to end.
        first_pause_s: Pause before the second try; later ones double.
    """

    client: httpx.Client
    connections: Connections
    num_connections: int
    pace: Pace
    cancelled: threading.Event
    first_pause_s: float


class Download:
    """One file on its way.

    Args:
        remote: Where it comes from.
        part: The partial file; its journal lies beside it.
        journal: What of it has arrived.
        means: What it is fetched with.
        on_bytes: Called, from any thread, with the number of bytes that have come.
    """

    def __init__(
        self,
        remote: Remote,
        part: Path,
        journal: Journal,
        means: Means,
        on_bytes: Callable[[int], None],
    ) -> None:
        self._remote = remote
        self._part = part
        self._journal = journal
        self._means = means
        self._on_bytes = on_bytes
        self._failed = threading.Event()

    def run(self, made: Hash) -> str:
        """Fetch what is missing and return the digest of the whole file.

        Raises:
            Stopped: It was cancelled; what has come is kept.
            Changed: The server has another file now.
            RangesIgnored: The server sends whole files only; `run_whole` fetches those.
            OSError: The disk failed, or is full.
            HearthError: The server failed for good.
        """
        return self._run(made, self._fetch_runs, self._means.num_connections)

    def run_whole(self, made: Hash) -> str:
        """Fetch the whole file with one request, once; nothing of it may have come before.

        Raises:
            TryAgain: The request failed; another one has to begin at the beginning.
        """
        return self._run(made, self._fetch_whole, 1)

    def _run(self, made: Hash, fetch: Callable[[Writer, Spans], None], num_threads: int) -> str:
        missing = self._journal.missing()
        spans = Spans(missing, num_threads)
        descriptor = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            os.ftruncate(descriptor, self._remote.size_bytes)
            follower = Follower(
                descriptor,
                chunk_bytes=self._journal.chunk_bytes,
                size_bytes=self._remote.size_bytes,
                present=set(range(self._journal.num_chunks)) - set(missing),
                made=made,
            )
            writer = Writer(descriptor, self._journal, follower, self._on_bytes)
            try:
                self._in_threads(lambda: fetch(writer, spans), num_threads)
                return follower.result()
            finally:
                follower.stop()
        finally:
            os.close(descriptor)

    def _in_threads(self, work: Callable[[], None], num_threads: int) -> None:
        """Run the same work in several threads; the first failure ends it in all of them."""
        with ThreadPoolExecutor(num_threads, thread_name_prefix="pull") as threads:
            running = [threads.submit(work) for _ in range(num_threads)]
            while not _settled(running) and not self._means.cancelled.is_set():
                wait(running, timeout=POLL_S, return_when=FIRST_EXCEPTION)
            if any(not task.done() or task.exception() for task in running):
                self._failed.set()
                self._means.connections.shut()
        raised = [error for task in running if (error := task.exception()) is not None]
        for error in sorted(raised, key=lambda found: isinstance(found, Stopped)):
            raise error  # what went wrong comes before what only stopped because of it

    def _fetch_runs(self, writer: Writer, spans: Spans) -> None:
        while (span := spans.take()) is not None:
            self._fetch_run(writer, *self._bytes_of(span))

    def _fetch_run(self, writer: Writer, offset: int, end: int) -> None:
        num_failures = 0
        while offset < end:
            begun = offset
            try:
                for data in self._read(offset, end):
                    writer.write(offset, data)
                    offset += len(data)
                if offset < end:
                    raise TryAgain("the connection ended too early")
            except TryAgain as error:
                num_failures = 1 if offset - begun >= STEADY_BYTES else num_failures + 1
                self._pause(num_failures, error)

    def _fetch_whole(self, writer: Writer, spans: Spans) -> None:
        offset = 0
        for data in self._read(0, self._remote.size_bytes):
            writer.write(offset, data)
            offset += len(data)
        if offset < self._remote.size_bytes:
            raise TryAgain("the connection ended too early")

    def _read(self, offset: int, end: int) -> Iterator[bytes]:
        """Yield what comes, at the pace that is allowed, until somebody wants it to stop."""
        means = self._means
        self._check()
        try:
            for data in read_range(means.client, self._remote, offset, end, means.connections):
                means.pace.wait(len(data), means.cancelled)
                self._check()
                yield data
        except TryAgain:
            self._check()  # the sockets may have been shut for that reason
            raise

    def _check(self) -> None:
        if self._failed.is_set() or self._means.cancelled.is_set():
            raise Stopped

    def _bytes_of(self, span: range) -> tuple[int, int]:
        size = self._journal.chunk_bytes
        return span.start * size, min(span.stop * size, self._remote.size_bytes)

    def _pause(self, num_failures: int, error: TryAgain) -> None:
        if num_failures >= MAX_TRIES:
            raise SourceError(
                f"{plain(self._part.name)}: {error.reason}, {MAX_TRIES} times in a row.",
                hint="Pull it again later: what has come is kept.",
            ) from error
        pause_s = min(self._means.first_pause_s * 2 ** (num_failures - 1), MAX_PAUSE_S)
        self._means.cancelled.wait(pause_s if error.after_s is None else error.after_s)


class Writer:
    """Puts bytes to their place in the partial file, and enters each chunk that is whole.

    Args:
        descriptor: The open file.
        journal: Takes note of chunks.
        follower: Hashes them.
        on_bytes: Told how many bytes have come.
    """

    def __init__(
        self,
        descriptor: int,
        journal: Journal,
        follower: Follower,
        on_bytes: Callable[[int], None],
    ) -> None:
        self._descriptor = descriptor
        self._journal = journal
        self._follower = follower
        self._on_bytes = on_bytes

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes that follow, within their run of chunks, what was written before."""
        view = memoryview(data)
        at = offset
        while view:
            written = os.pwrite(self._descriptor, view, at)
            view, at = view[written:], at + written
        self._on_bytes(len(data))
        whole = range(offset // self._journal.chunk_bytes, self._num_whole(at))
        if whole:
            os.fdatasync(self._descriptor)  # before the journal says that they are there
        for index in whole:
            self._journal.enter(index)
            self._follower.add(index)

    def _num_whole(self, end: int) -> int:
        """Return the number of chunks that end at or before a byte."""
        journal = self._journal
        if end == journal.identity.size_bytes:
            return journal.num_chunks
        return end // journal.chunk_bytes


def _settled(running: list[Future[None]]) -> bool:
    """Return whether all threads are done, or one has failed."""
    done = [task for task in running if task.done()]
    return len(done) == len(running) or any(task.exception() for task in done)
