"""How a batch is computed: its rows, padding behind them, and a number of threads that suits it."""

from __future__ import annotations

import time
from collections.abc import Sequence as Seq

from hearth.engine.llama.context import Context, DecodeResult
from hearth.engine.worker.batching import Share
from hearth.engine.worker.padding import Padding
from hearth.engine.worker.sequences import Phase
from hearth.engine.worker.staircase import Staircase
from hearth.engine.worker.threads import Kind, ThreadGovernor, Watch

PAUSE_S = 0.05  # between two steps of an answer nothing takes so long


class Computer:
    """Computes batches on a context, and learns from how long they take.

    Args:
        context: The context; nobody else may use it.
        staircase: What steps cost by their size; it learns more.
        padding: Whether steps may get rows that are thrown away, where that is faster.
        live_threads: Whether fewer threads than planned may compute, where that is faster.
        watch: Tells how many of our cores others take; None where nothing can.
    """

    def __init__(
        self,
        context: Context,
        staircase: Staircase,
        *,
        padding: bool,
        live_threads: bool,
        watch: Watch | None,
    ) -> None:
        self._context = context
        self._batch = context.batch
        self._governor = ThreadGovernor(context.settings.threads, watch=watch)
        self._live_threads = live_threads
        self._ended_s = time.monotonic()
        self._staircase = staircase
        self._padding = Padding(
            staircase,
            min(context.max_logits, self._batch.capacity),
            is_on=padding and context.scratch is not None,
        )

    def compute(
        self, shares: Seq[Share], *, is_repeatable: bool, free_cells: int
    ) -> tuple[DecodeResult, float]:
        """Compute a batch.

        Args:
            shares: Who gets what of it.
            is_repeatable: Whether it must be computed the same way every time: sums have another
                order with another number of threads or rows.
            free_cells: Cells that nobody owns; those of padding are given back at once.

        Returns:
            What llama.cpp answered, and how long it took in seconds.
        """
        if time.monotonic() > self._ended_s + PAUSE_S:
            self._governor.resume()
        num_rows = self._fill(shares)
        governor, kind = self._governor, _kind(shares)
        grows_only = kind is Kind.ANSWERS
        size = num_rows
        if grows_only and not is_repeatable:
            size = self._size(shares, num_rows, free_cells)
        is_live = self._live_threads and not is_repeatable
        threads = governor.threads(size, kind) if is_live else governor.planned
        self._context.set_threads(threads)
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        result = self._decode(num_rows, size)
        self._context.synchronize()
        self._ended_s = time.monotonic()
        wall_s, cpu_s = self._ended_s - began_s, time.process_time() - began_cpu_s
        if result is not DecodeResult.OK:
            return result, wall_s
        if grows_only and not governor.is_trying(size, kind):
            self._staircase.note(size, wall_s)
        if is_live:
            governor.note(size, kind, wall_s=wall_s, cpu_s=cpu_s)
        return result, wall_s

    def _size(self, shares: Seq[Share], num_rows: int, free_cells: int) -> int:
        """Choose how many rows the step has, padding counted in."""
        # Steps with drafts differ from one to the next, and the governor's trials are its own.
        is_trying = self._governor.is_trying(num_rows, Kind.ANSWERS)
        may_try = num_rows == len(shares) and not is_trying
        size = self._padding.size(num_rows, may_try=may_try)
        return size if size <= free_cells else num_rows

    def _fill(self, shares: Seq[Share]) -> int:
        row = 0
        for share in shares:
            sequence_id = share.sequence.sequence_id
            self._batch.fill(row, share.tokens, share.start, sequence_id, share.num_logits)
            row += share.num_rows
        return row

    def _decode(self, num_rows: int, size: int) -> DecodeResult:
        """Compute the batch, with rows of padding behind it up to `size`."""
        scratch = self._context.scratch
        if size == num_rows or scratch is None:
            return self._context.decode(num_rows)
        # A token that is computed anyway: a mixture of experts reads no more of them for it.
        token = int(self._batch.tokens[0])
        self._batch.fill(num_rows, [token] * (size - num_rows), 0, scratch, size - num_rows)
        try:
            return self._context.decode(size)
        finally:
            self._context.trim(scratch, 0)


def _kind(shares: Seq[Share]) -> Kind:
    grows = [share.sequence.phase is Phase.ANSWER for share in shares]
    if all(grows):
        return Kind.ANSWERS
    return Kind.BOTH if any(grows) else Kind.PROMPTS
