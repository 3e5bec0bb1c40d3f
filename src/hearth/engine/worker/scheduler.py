"""The scheduler: who runs. The batch builder says how much, the cache says where.

A step is: admit, build a batch, compute it, sample, report. Requests join and leave between steps
(continuous batching, after Orca, Yu et al., OSDI 2022); long prompts are computed in chunks
(Sarathi-Serve, arXiv 2403.02310). A request is admitted when its cells suffice by forecast. Where
that was wrong, or one owner has all places and another none, a request gives way: what it computed
is parked and copied back later. It keeps its sampler and its text: its reader sees a pause.
"""

from __future__ import annotations

import time
from collections.abc import Sequence as Seq

from hearth.engine.llama.context import Context, DecodeResult
from hearth.engine.prefixes.access import MIN_SHARED_TOKENS, common_prefix
from hearth.engine.worker.batching import BatchBuilder, Share
from hearth.engine.worker.block_store import BlockStore
from hearth.engine.worker.computing import Computer
from hearth.engine.worker.fairness import who_gives_way, who_makes_room
from hearth.engine.worker.forecast import Forecast
from hearth.engine.worker.growing import Grower
from hearth.engine.worker.kv_cache import KvCache
from hearth.engine.worker.sequences import Phase, Sequence, StepEvent
from hearth.engine.worker.speculation.draft_model import DraftModel
from hearth.engine.worker.speculation.speculator import Speculator
from hearth.engine.worker.staircase import Staircase
from hearth.engine.worker.threads import Watch
from hearth.engine.worker.waiting import WaitingRoom
from hearth.errors import EngineError


class Scheduler:
    """Runs requests over one context. Used by one thread.

    Args:
        context: The context; nobody else may use it.
        num_sequences: Most requests that run at once.
        queue_limit: Most requests that wait.
        parked_bytes: Most memory for conversations that wait for their next question.
        speculation: Whether answers may be guessed ahead.
        draft_model: A small model that guesses as well.
        staircase: What steps cost by their size; None begins with nothing known.
        padding: Whether steps may get rows that are thrown away, where that is faster.
        live_threads: Whether fewer threads than planned may compute, where that is faster.
        watch: Tells how many of our cores others take; None where nothing can.
    """

    def __init__(
        self,
        context: Context,
        *,
        num_sequences: int,
        queue_limit: int,
        parked_bytes: int,
        speculation: bool = True,
        draft_model: DraftModel | None = None,
        staircase: Staircase | None = None,
        padding: bool = True,
        live_threads: bool = True,
        watch: Watch | None = None,
    ) -> None:
        self._context = context
        self._num_sequences = num_sequences
        self._running: list[Sequence] = []
        self._waiting = WaitingRoom(queue_limit)
        self.cache = KvCache(
            context,
            cells=context.cells,
            max_sequences=context.num_sequences,
            store=BlockStore(parked_bytes, whole=not context.model.can_trim),
            can_trim=context.model.can_trim,
        )
        self._builder = BatchBuilder(
            capacity=context.settings.batch_tokens,
            full_chunk=context.prompt_step,
            flash_attention=context.settings.flash_attention != "off",
        )
        self._forecast = Forecast()
        staircase = staircase or Staircase()
        self._computer = Computer(
            context, staircase, padding=padding, live_threads=live_threads, watch=watch
        )
        self._grower = Grower(context)
        self._speculator: Speculator | None = None
        if speculation and context.model.can_trim:  # else a wrong guess could not be taken back
            self._speculator = Speculator(
                cost=staircase.cost, max_logits=context.max_logits, draft_model=draft_model
            )
        self.prompt_tokens_computed = 0

    @property
    def num_running(self) -> int:
        """Requests that have a place."""
        return len(self._running)

    @property
    def num_waiting(self) -> int:
        """Requests that wait for one."""
        return len(self._waiting)

    def running_ids(self) -> frozenset[int]:
        """Return the ids of the requests that have a place."""
        return frozenset(sequence.request_id for sequence in self._running)

    @property
    def is_idle(self) -> bool:
        """True when a step would do nothing."""
        return not self._running and self._waiting.is_empty

    def submit(self, sequence: Sequence) -> None:
        """Queue a request; QueueFull if there is no room to wait."""
        self._waiting.add(sequence)

    def abort(self, request_id: int) -> bool:
        """End a request without a result; False if it is not there (any more)."""
        waiting = self._waiting.find(request_id)
        if waiting is not None:
            self._waiting.admit(waiting)
            waiting.sampler.close()
            return True
        for sequence in self._running:
            if sequence.request_id == request_id:
                self._leave(sequence)
                return True
        return False

    def step(self) -> list[StepEvent]:
        """Admit, compute one batch and return what came of it."""
        self._admit()
        shares = self._shares_that_fit()
        if not shares:
            return []
        result, wall_s = self._computer.compute(
            shares,
            is_repeatable=any(sequence.reproducible for sequence in self._running),
            free_cells=self.cache.ledger.free,
        )
        if result is not DecodeResult.OK:
            self._undo(shares, result)
            return []
        self._commit(shares, wall_s)
        return self._grow(shares)

    def tidy(self) -> bool:
        """Do a little of what can wait while nothing runs; False if there is nothing to do."""
        return self.cache.park_block()

    def check_integrity(self) -> None:
        """Prove that memory, ledger and requests agree; for tests, after any step."""
        self.cache.check_integrity()
        for sequence in self._running:
            if self.cache.ledger.length(sequence.sequence_id) != sequence.computed:
                raise EngineError(f"Request {sequence.request_id} counts its cells wrongly.")
        scratch = self._context.scratch
        if scratch is not None and self._context.length(scratch):
            raise EngineError("Padding was left in the memory.")

    # -- who runs --

    def _admit(self) -> None:
        if self._waiting.is_empty or not self._could_admit():
            return
        for sequence in list(self._waiting):
            gives_way = self._who_makes_room(sequence) if self._is_full else None
            if (self._is_full and gives_way is None) or self._should_wait_for_prefix(sequence):
                continue
            afresh = sequence.reproducible and not self._running
            if afresh:
                self.cache.clear()
            spare = self._forecast.spare_cells(self._running, sequence)
            if not self.cache.can_open(sequence.tokens, sequence.access, spare_cells=spare):
                return
            if gives_way is not None:
                self._preempt(gives_way)
            self._start(sequence, afresh=afresh)

    @property
    def _is_full(self) -> bool:
        return len(self._running) >= self._num_sequences

    def _could_admit(self) -> bool:
        """Tell whether there is a place, or an owner waits who has none."""
        placed = {sequence.owner for sequence in self._running}
        return not self._is_full or not self._waiting.owners <= placed

    def _who_makes_room(self, sequence: Sequence) -> Sequence | None:
        if not self.cache.store.budget_bytes:
            return None  # what gave way could not be parked, only computed again
        return who_makes_room(self._running, sequence.owner)

    def _start(self, sequence: Sequence, *, afresh: bool) -> None:
        self._waiting.admit(sequence)
        tokens, access = sequence.tokens, sequence.access
        sequence.sequence_id, shared = self.cache.open(tokens, access, afresh=afresh)
        if not sequence.started_s:
            sequence.started_s = time.monotonic()
            sequence.cached = shared
        sequence.computed = shared
        sequence.phase = Phase.PROMPT
        self._running.append(sequence)

    def _should_wait_for_prefix(self, sequence: Sequence) -> bool:
        """Wait while somebody computes a prefix that this request could share.

        Without this, ten users who arrive together with one system prompt compute it ten times.
        """
        if not self._context.model.can_trim:
            return False  # nothing that runs can be shared
        have = self.cache.shareable(sequence.tokens, sequence.access)
        return any(
            _common(sequence, other) - max(have, other.computed) >= MIN_SHARED_TOKENS
            for other in self._running
            if other.phase is Phase.PROMPT
        )

    def _shares_that_fit(self) -> list[Share]:
        """Build the batch; if its cells cannot be had, let a request give way."""
        while True:
            shares = self._with_drafts(self._builder.build(self._running))
            if self.cache.make_room(sum(share.num_rows for share in shares)):
                return shares
            growing = [share for share in shares if share.sequence.phase is Phase.ANSWER]
            if growing and len(growing) < len(shares) and self.cache.make_room(len(growing)):
                return growing  # prompts wait; answers that end will make room
            self._preempt(who_gives_way(self._running))

    def _with_drafts(self, shares: list[Share]) -> list[Share]:
        """Add guesses where they pay and cells are free: nobody gives way to a guess."""
        if self._speculator is None:
            return shares
        max_rows = min(self._context.batch.capacity, self.cache.ledger.free)
        return self._speculator.extend(shares, max_rows)

    def _preempt(self, sequence: Sequence) -> None:
        if len(self._running) == 1:
            raise EngineError("One request alone does not fit into the memory it was promised.")
        self._running.remove(sequence)
        self.cache.park(sequence.sequence_id)
        self.cache.close(sequence.sequence_id, keep=False)
        sequence.phase, sequence.sequence_id, sequence.computed = Phase.WAITING, -1, 0
        self._waiting.put_back(sequence)

    def _leave(self, sequence: Sequence) -> None:
        self._running.remove(sequence)
        self.cache.close(sequence.sequence_id)
        sequence.sampler.close()

    # -- one batch --

    def _undo(self, shares: Seq[Share], result: DecodeResult) -> None:
        """Bring memory back to before the batch; what was asked to stop is ended by `abort`."""
        if result is DecodeResult.NO_ROOM:
            self._preempt(who_gives_way(self._running))
            return
        for share in shares:
            self.cache.roll_back(share.sequence.sequence_id, share.start)

    def _commit(self, shares: Seq[Share], seconds: float) -> None:
        prompt_tokens = depth = 0
        for share in shares:
            sequence = share.sequence
            tokens = sequence.tokens[share.start : share.start + share.count]
            self.cache.ledger.append(sequence.sequence_id, tokens)
            sequence.computed += share.count
            if sequence.phase is Phase.PROMPT:
                prompt_tokens += share.count
                depth = max(depth, share.start)
        self.prompt_tokens_computed += prompt_tokens
        self._builder.learn(prompt_tokens, seconds, depth=depth)

    def _grow(self, shares: Seq[Share]) -> list[StepEvent]:
        events: list[StepEvent] = []
        row = 0
        for share in shares:
            if share.wants_logits:
                growth = self._grower.grow(share, row + share.count - 1)
                self._settle(share, growth.accepted)
                if growth.has_ended:
                    self._forecast.note(share.sequence.num_generated)
                    self._leave(share.sequence)
                events += growth.events
            row += share.num_rows
        return events

    def _settle(self, share: Share, accepted: int) -> None:
        """Keep the drafts that were right, and take the others out of the memory."""
        if not share.drafts:
            return
        sequence = share.sequence
        self.cache.ledger.append(sequence.sequence_id, share.drafts[:accepted])
        sequence.computed += accepted
        if accepted < len(share.drafts):
            self.cache.roll_back(sequence.sequence_id, sequence.computed)


def _common(sequence: Sequence, other: Sequence) -> int:
    """Return how much of a prompt could be shared with another request, its last token never."""
    shared = min(common_prefix(other.tokens, sequence.tokens), len(sequence.tokens) - 1)
    return sequence.access.common(other.access, shared)
