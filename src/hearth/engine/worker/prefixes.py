"""Requests that wait for their blocks from the disk, and blocks that wait to go there.

A request of which memory has too little waits here, before it queues, until its blocks have come
or there are none. One question is open at a time: of many users with one beginning the first one's
answer serves all. Blocks go to the disk while nothing is computed, the oldest first.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from hearth.engine.prefixes.channel import Found, Keep, Over, Want
from hearth.engine.worker.kv_cache import KvCache
from hearth.engine.worker.prefix_link import PrefixLink
from hearth.engine.worker.sequences import Sequence

MIN_FETCHED_TOKENS = 32  # fewer are computed sooner than asked for
PATIENCE_S = 5.0  # without a word from the keeper; a disk may have to wake up
FINISH_S = 2.0  # to write what is left when the worker ends


@dataclass(slots=True)
class _Asked:
    """The question that is open."""

    ticket: int
    sequence: Sequence | None  # None: it waits no more, and what comes is not needed
    until_s: float

    @property
    def is_stalled(self) -> bool:
        """True when nothing has come for long."""
        return time.monotonic() >= self.until_s


class Prefixes:
    """Fetches and saves blocks for one scheduler. Used by its thread.

    Args:
        link: The way to the keeper.
        cache: The scheduler's.
    """

    def __init__(self, link: PrefixLink, cache: KvCache) -> None:
        self._link = link
        self._cache = cache
        self._waiting: deque[Sequence] = deque()
        self._asked: _Asked | None = None
        self._num_asked = 0

    @property
    def num_waiting(self) -> int:
        """Requests that wait for their blocks."""
        return len(self._waiting) + (self._asked is not None and self._asked.sequence is not None)

    def wants(self, sequence: Sequence) -> bool:
        """Tell whether a request should wait here before it queues."""
        if not self._can_ask or sequence.reproducible or not sequence.access.cached:
            return False
        have = self._cache.shareable(sequence.tokens, sequence.access)
        return len(sequence.tokens) - 1 - have >= MIN_FETCHED_TOKENS

    def add(self, sequence: Sequence) -> None:
        """Let a request wait for its blocks."""
        self._waiting.append(sequence)

    def drop(self, request_id: int) -> bool:
        """Forget a request; False if it does not wait here."""
        for sequence in self._waiting:
            if sequence.request_id == request_id:
                self._waiting.remove(sequence)
                sequence.sampler.close()
                return True
        asked = self._asked
        if asked is None or asked.sequence is None or asked.sequence.request_id != request_id:
            return False
        asked.sequence.sampler.close()
        asked.sequence = None
        return True

    def ready(self) -> list[Sequence]:
        """Take in what has come; return the requests that need not wait any more."""
        ready: list[Sequence] = []
        while self._link.arrived:
            message, state = self._link.arrived.popleft()
            asked = self._asked
            if asked is None or not isinstance(message, Found | Over):
                continue
            if message.ticket != asked.ticket:
                continue
            if isinstance(message, Found):
                self._take(asked, message, state)
                continue
            self._asked = None
            if asked.sequence is not None:
                ready.append(asked.sequence)
        return ready + self._give_up() + self._ask_next()

    def save(self) -> bool:
        """Hand one block over to the keeper; False if there is none, or no room to say so."""
        if not self._link.takes_blocks:
            return False
        unsaved = self._cache.store.next_unsaved()
        if unsaved is None:
            return False
        self._cache.store.mark_saved(unsaved.block)
        message = Keep(
            owner=unsaved.access.owner,
            shared=unsaved.access.shared,
            tokens=list(unsaved.tokens),
            start=unsaved.start,
            whole=self._cache.store.whole,
            size_bytes=unsaved.block.state.nbytes,
        )
        self._link.keep(message, unsaved.block.state)
        return True

    def finish(self) -> None:
        """Save what is not saved yet, as far as some seconds allow; the worker ends."""
        until_s = time.monotonic() + FINISH_S
        while self._cache.park_block() and time.monotonic() < until_s:
            pass
        while self._link.wait_for_room(max(0.0, until_s - time.monotonic())) and self.save():
            pass
        self._link.close()

    @property
    def _can_ask(self) -> bool:
        is_stalled = self._asked is not None and self._asked.is_stalled
        return self._link.is_open and not is_stalled and self._cache.store.budget_bytes > 0

    def _take(self, asked: _Asked, found: Found, state: bytearray) -> None:
        """Put a block into memory, unless those before it have left meanwhile."""
        asked.until_s = time.monotonic() + PATIENCE_S
        if asked.sequence is None:
            return
        store, access = self._cache.store, asked.sequence.access
        tokens = asked.sequence.tokens[: found.start] + found.tokens
        fits = store.end(found.start, len(tokens), access) == len(tokens)
        if fits and store.missing(tokens, access) == found.start:
            store.add(tokens, np.frombuffer(state, np.uint8), access, saved=True)

    def _give_up(self) -> list[Sequence]:
        """Return the request whose blocks take too long; it is computed without them."""
        asked = self._asked
        if asked is None or asked.sequence is None or self._can_ask:
            return []
        sequence, asked.sequence = asked.sequence, None
        return [sequence]

    def _ask_next(self) -> list[Sequence]:
        """Ask for the blocks of the next request; return those that need none."""
        ready: list[Sequence] = []
        while self._waiting and (self._asked is None or not self._can_ask):
            sequence = self._waiting.popleft()
            if self.wants(sequence):
                self._ask(sequence)
            else:
                ready.append(sequence)
        return ready

    def _ask(self, sequence: Sequence) -> None:
        store, access, tokens = self._cache.store, sequence.access, sequence.tokens[:-1]
        have = store.missing(tokens, access)
        self._num_asked += 1
        self._asked = _Asked(self._num_asked, sequence, time.monotonic() + PATIENCE_S)
        self._link.want(
            Want(
                ticket=self._num_asked,
                owner=access.owner,
                shared=access.shared,
                tokens=tokens,
                have=len(tokens) if have is None else have,
                whole=store.whole,
            )
        )
