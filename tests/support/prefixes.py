"""Shelves, keepers and their workers' ends in this process, for tests of the prefix cache."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearth.engine.prefixes.access import Access
from hearth.engine.prefixes.keeper import Keeper
from hearth.engine.prefixes.keys import Identity
from hearth.engine.prefixes.room import BlockEntry, Room, blocks_in
from hearth.engine.prefixes.shelf import Shelf
from hearth.engine.worker.prefix_link import PrefixLink
from hearth.engine.worker.prefixes import Prefixes
from hearth.engine.worker.sequences import Sequence
from support.engines import Bench

ANYBODY = Access()
IDENTITY = Identity(
    model="0" * 64,
    engine="test",
    kv_type="f32",
    flash_attention="off",
    rope="none",
    layout="plain",
    gpu_layers=0,
)


def shelf_in(root: Path, *, limit_bytes: int = 10**9, identity: Identity = IDENTITY) -> Shelf:
    return Shelf(Room(root, limit_bytes), identity, "pico")


def put(shelf: Shelf, text: list[int], access: Access = ANYBODY, *, whole: bool = False) -> None:
    """Keep a text block by block; a block's state says which tokens it is of."""
    start = 0
    while start < len(text):
        end = len(text) if whole else access.end(start, len(text))
        state = state_of(text[start:end])
        shelf.keep(text[:end], start, access, memoryview(state), whole=whole)
        start = end


def state_of(tokens: list[int]) -> bytes:
    return b"state of " + bytes(token % 251 for token in tokens)


def length_found(shelf: Shelf, text: list[int], access: Access = ANYBODY, **how) -> int:
    """Return how much of a text is there, having checked that it is what it should be."""
    length = 0
    for block in shelf.find(text, access, **how):
        assert bytes(block.state) == state_of(block.tokens)
        assert block.start == length
        for known, wanted in zip(block.tokens, text[block.start :], strict=False):
            if known != wanted:
                return length
            length += 1
    return length


def keeper_of(
    open_shelf: Callable[[], Shelf], digest: Callable[..., str] = lambda is_cancelled: "0" * 64
) -> Keeper:
    return Keeper(digest, lambda digest, engine: open_shelf(), "pico")


def entries(root: Path) -> list[BlockEntry]:
    return sorted(blocks_in(root), key=lambda entry: entry.name.start)


def until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@dataclass
class KeptBench:
    """A bench whose blocks go to a folder, and come from there."""

    bench: Bench
    root: Path

    def __post_init__(self) -> None:
        self.keeper = keeper_of(lambda: shelf_in(self.root))
        source, target = (os.dup(end) for end in self.keeper.pipes.theirs)
        self.keeper.start("test")
        self._woken = threading.Event()
        self.link = PrefixLink(os.fdopen(source, "rb"), os.fdopen(target, "wb"), self._woken.set)
        self.link.start()
        self.prefixes = Prefixes(self.link, self.bench.scheduler.cache)
        until(lambda: self.link.is_open)

    def ask(self, request_id: int, tokens: list[int], **how) -> Sequence:
        """Answer a request as a worker does: it waits for its blocks first."""
        sequence = self.bench.sequence(request_id, tokens, **how)
        if self.prefixes.wants(sequence):
            self.prefixes.add(sequence)
            ready: list[Sequence] = []
            until(lambda: bool(ready.extend(self.prefixes.ready()) or ready))
            assert ready == [sequence]
        self.bench.scheduler.submit(sequence)
        self.bench.run()
        return sequence

    def run_all(self) -> None:
        """Queue all that waits for its blocks as soon as they are there, and answer it."""
        while self.prefixes.num_waiting or not self.bench.scheduler.is_idle:
            for sequence in self.prefixes.ready():
                self.bench.scheduler.submit(sequence)
            if self.bench.scheduler.is_idle:
                self._woken.wait(0.01)
                self._woken.clear()
            self.bench.run()

    def save_all(self) -> None:
        """Do what an idle worker does until there is nothing to do."""
        cache = self.bench.scheduler.cache
        while cache.park_block():
            pass
        while cache.store.next_unsaved() is not None:
            self.prefixes.save()
            self._woken.wait(0.01)
            self._woken.clear()
        until(lambda: self.link.takes_blocks)

    def close(self) -> None:
        self.prefixes.finish()
        self.bench.close()
        self.keeper.close()
