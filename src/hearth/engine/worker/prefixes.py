"""Requests that wait for their blocks from the disk, and blocks that wait to go there.

A request of which memory has too little waits here, before it queues, until its blocks have come
or there are none. Who shares more with a request that is being asked for waits for that answer:
of many users with one beginning the first one's blocks serve all. Blocks go to the disk while
nothing is computed, the oldest first.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from hearth.engine.prefixes.access import MIN_SHARED_TOKENS, common_prefix
from hearth.engine.prefixes.channel import Found, Keep, Over, Want
from hearth.engine.worker.kv_cache import KvCache
from hearth.engine.worker.prefix_link import PrefixLink
from hearth.engine.worker.sequences import Sequence

MIN_FETCHED_TOKENS = 32  # fewer are computed sooner than asked for
OPENING_S = 2.0  # for the keeper of a model that was just loaded to say whether it is ready
PATIENCE_S = 5.0  # without a word from the keeper; a disk may have to wake up
FINISH_S = 2.0  # to write what is left when the worker ends


@dataclass(slots=True)
class _Question:
    """A question that is open.

    Args:
        end: How far the text is known by now.
        is_over: Nobody waits for the answer any more.
    """

    sequence: Sequence
    end: int
    until_s: float
    is_over: bool = False


class Prefixes:
    """Fetches and saves blocks for one scheduler. Used by its thread.

    Args:
        link: The way to the keeper.
        cache: The scheduler's.
    """

    def __init__(self, link: PrefixLink, cache: KvCache) -> None:
        self._link = link
        self._cache = cache
        self._waiting: list[Sequence] = []  # for somebody else's answer, or to be asked for
        self._open: dict[int, _Question] = {}  # by ticket
        self._num_asked = 0
        self._opening_until_s = time.monotonic() + OPENING_S

    @property
    def num_waiting(self) -> int:
        """Requests that wait for their blocks."""
        return len(self._waiting) + sum(not question.is_over for question in self._open.values())

    def wants(self, sequence: Sequence) -> bool:
        """Tell whether a request should wait here before it queues."""
        if sequence.reproducible or not sequence.access.cached:
            return False
        if not (self._can_ask or self._is_opening):
            return False
        have = self._cache.shareable(sequence.tokens, sequence.access)
        return len(sequence.tokens) - 1 - have >= MIN_FETCHED_TOKENS

    def add(self, sequence: Sequence) -> None:
        """Let a request wait for its blocks; `ready` returns it when it has waited enough."""
        self._waiting.append(sequence)

    def drop(self, request_id: int) -> bool:
        """Forget a request; False if it does not wait here."""
        for sequence in self._waiting:
            if sequence.request_id == request_id:
                self._waiting.remove(sequence)
                sequence.sampler.close()
                return True
        for question in self._open.values():
            if question.sequence.request_id == request_id and not question.is_over:
                question.is_over = True
                question.sequence.sampler.close()
                return True
        return False

    def ready(self) -> list[Sequence]:
        """Take in what has come, and ask for more; return the requests that wait no longer."""
        ready: list[Sequence] = []
        while self._link.arrived:
            message, state = self._link.arrived.popleft()
            if isinstance(message, Found) and message.ticket in self._open:
                self._take(self._open[message.ticket], message, state)
            elif isinstance(message, Over) and message.ticket in self._open:
                ready += self._end(self._open.pop(message.ticket))
        return ready + self._give_up() + self._ask()

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
    def _is_opening(self) -> bool:
        return self._link.is_pending and time.monotonic() < self._opening_until_s

    @property
    def _can_ask(self) -> bool:
        now_s = time.monotonic()
        is_stalled = any(now_s >= question.until_s for question in self._open.values())
        return self._link.is_open and not is_stalled and self._cache.store.budget_bytes > 0

    def _take(self, question: _Question, found: Found, state: bytearray) -> None:
        """Put a block into memory, unless those before it have left meanwhile."""
        store, access = self._cache.store, question.sequence.access
        wanted = question.sequence.tokens
        tokens = wanted[: found.start] + found.tokens
        question.until_s = time.monotonic() + PATIENCE_S
        question.end = common_prefix(tokens, wanted)
        fits = store.end(found.start, len(tokens), access) == len(tokens)
        if fits and store.missing(tokens, access) == found.start:
            store.add(tokens, np.frombuffer(state, np.uint8), access, saved=True)

    def _end(self, question: _Question) -> list[Sequence]:
        """Return whom a question's end concerns: who asked, and who would hear the same."""
        served = [
            sequence
            for sequence in self._waiting
            if _common(sequence, question.sequence) >= question.end + MIN_SHARED_TOKENS
        ]
        self._waiting = [sequence for sequence in self._waiting if sequence not in served]
        return served if question.is_over else [question.sequence, *served]

    def _give_up(self) -> list[Sequence]:
        """Return the requests whose blocks take too long; they are computed without them."""
        if self._can_ask:
            return []
        late = [question for question in self._open.values() if not question.is_over]
        for question in late:
            question.is_over = True
        return [question.sequence for question in late]

    def _ask(self) -> list[Sequence]:
        """Ask for the blocks of those who wait; return who needs none after all."""
        ready: list[Sequence] = []
        waiting, self._waiting = self._waiting, []
        for sequence in waiting:
            if not self.wants(sequence):
                ready.append(sequence)
            elif self._is_opening or self._is_served(sequence):
                self._waiting.append(sequence)
            else:
                self._ask_for(sequence)
        return ready

    def _is_served(self, sequence: Sequence) -> bool:
        """Tell whether the answer to an open question brings enough for this request as well."""
        have = self._cache.shareable(sequence.tokens, sequence.access)
        return any(
            _common(sequence, question.sequence) - have >= MIN_FETCHED_TOKENS
            for question in self._open.values()
        )

    def _ask_for(self, sequence: Sequence) -> None:
        store, access, tokens = self._cache.store, sequence.access, sequence.tokens[:-1]
        missing = store.missing(tokens, access)
        have = len(tokens) if missing is None else missing
        self._num_asked += 1
        self._open[self._num_asked] = _Question(sequence, have, time.monotonic() + PATIENCE_S)
        self._link.want(
            Want(
                ticket=self._num_asked,
                owner=access.owner,
                shared=access.shared,
                tokens=tokens,
                have=have,
                whole=store.whole,
            )
        )


def _common(sequence: Sequence, other: Sequence) -> int:
    """Return how much of a request's text was found with another one's."""
    return sequence.access.common(other.access, common_prefix(sequence.tokens, other.tokens))
