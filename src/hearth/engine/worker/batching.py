"""Which tokens go into the next step: one for every growing answer, and a chunk of prompts.

A step's time is bounded by its prompt tokens. While nobody else's answer grows, a chunk is as
large as the engine computes best. Otherwise it is as large as fits into `STALL_BUDGET_S` at the
measured rate, so that a long prompt delays the other streams by one small chunk at a time.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass

from hearth.engine.worker.sequences import Phase, Sequence

STALL_BUDGET_S = 0.15
MIN_CHUNK = 32
RATE_MEMORY = 0.7  # weight of the past in the running mean of the prompt rate


@dataclass(frozen=True, slots=True)
class Share:
    """Tokens `start` to `start + count` of a sequence go into the batch, and `drafts` after them.

    Args:
        drafts: Guesses at how the answer goes on; only behind the sequence's last known token.
    """

    sequence: Sequence
    start: int
    count: int
    drafts: tuple[int, ...] = ()

    @property
    def tokens(self) -> list[int]:
        """Tokens of all its rows."""
        return [*self.sequence.tokens[self.start : self.start + self.count], *self.drafts]

    @property
    def num_rows(self) -> int:
        """Rows that it takes in the batch, and cells that it needs."""
        return self.count + len(self.drafts)

    @property
    def wants_logits(self) -> bool:
        """True when the share reaches the sequence's last known token."""
        return self.start + self.count == len(self.sequence.tokens)

    @property
    def num_logits(self) -> int:
        """Rows at its end whose logits are wanted."""
        return 1 + len(self.drafts) if self.wants_logits else 0


class BatchBuilder:
    """Decides how much of whom goes into a step.

    Args:
        capacity: Most rows in a batch.
        full_chunk: Prompt tokens in a step when no answer grows.
    """

    def __init__(self, *, capacity: int, full_chunk: int) -> None:
        self._capacity = capacity
        self._full_chunk = full_chunk
        self._turn = 0
        self._tokens_per_s = 0.0

    def build(self, running: Seq[Sequence]) -> list[Share]:
        """Return the shares of the next step; answers come first."""
        growing = [s for s in running if s.phase is Phase.ANSWER]
        reading = [s for s in running if s.phase is Phase.PROMPT]
        shares = [Share(s, s.computed, 1) for s in growing]
        budget = min(self._capacity - len(shares), self.chunk(beside=len(growing)))
        return shares + self._split(reading, budget)

    def chunk(self, *, beside: int) -> int:
        """Return how many prompt tokens a step may have beside `beside` growing answers."""
        if not beside or not self._tokens_per_s:
            return self._full_chunk
        return max(MIN_CHUNK, min(self._full_chunk, int(self._tokens_per_s * STALL_BUDGET_S)))

    def learn(self, prompt_tokens: int, seconds: float) -> None:
        """Note how long a step with this many prompt tokens took."""
        if prompt_tokens < MIN_CHUNK or seconds <= 0.0:
            return
        rate = prompt_tokens / seconds
        past = self._tokens_per_s or rate
        self._tokens_per_s = RATE_MEMORY * past + (1.0 - RATE_MEMORY) * rate

    def _split(self, reading: list[Sequence], budget: int) -> list[Share]:
        """Share the budget evenly; who stands first changes with every step."""
        if not reading:
            return []
        self._turn = (self._turn + 1) % len(reading)
        order = reading[self._turn :] + reading[: self._turn]
        shares: list[Share] = []
        for left, sequence in zip(range(len(order), 0, -1), order, strict=True):
            count = min(sequence.remaining, max(budget // left, min(budget, MIN_CHUNK)))
            if count > 0:
                shares.append(Share(sequence, sequence.computed, count))
                budget -= count
        return shares
