"""Which tokens go into the next step: one for every growing answer, and a chunk of prompts.

A step's time is bounded by its prompt tokens. While nobody else's answer grows, a chunk is as
large as the engine computes best. Otherwise it is as large as fits into `STALL_BUDGET_S` at the
measured rate, so that a long prompt delays the other streams by one small chunk at a time
(Sarathi-Serve, arXiv 2403.02310, calls it the token budget). Where even the smallest chunk takes
longer, as it does far into a text, it is granted that.

Prompts share a chunk by owner first, so that nobody gets more for asking more questions at once.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import TypeVar

from hearth.engine.worker.sequences import Phase, Sequence

STALL_BUDGET_S = 0.15
MIN_CHUNK = 16
ROW_GROUP = 16  # kernels compute rows in groups, and what is left over row by row
# From so many rows on llama.cpp's flash attention on a CPU computes them together, and fewer take
# longer than that where a long text stands before them (docs/log.md).
FEWEST_ROWS = 64
RATE_MEMORY = 0.7  # weight of the past where the prompt rate seems to have risen
DEEPER = 1024  # tokens further into a text than where the rate was measured


T = TypeVar("T")


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
        flash_attention: Without it fewer rows always take less.
    """

    def __init__(self, *, capacity: int, full_chunk: int, flash_attention: bool = True) -> None:
        self._capacity = capacity
        self._full_chunk = full_chunk
        self._fewest_rows = FEWEST_ROWS if flash_attention else ROW_GROUP
        self._turn = 0
        self._tokens_per_s = 0.0
        self._measured_at = 0  # how many tokens stood before those that the rate was measured on

    def build(self, running: Seq[Sequence]) -> list[Share]:
        """Return the shares of the next step; answers come first."""
        growing = [s for s in running if s.phase is Phase.ANSWER]
        reading = [s for s in running if s.phase is Phase.PROMPT]
        shares = [Share(s, s.computed, 1) for s in growing]
        if not reading:
            return shares
        depth = max(sequence.computed for sequence in reading)
        chunk = self.chunk(beside=len(growing), depth=depth)
        if growing:
            granted_s = self.granted_s(beside=len(growing), depth=depth)
            for sequence in reading:
                sequence.granted_s = max(sequence.granted_s, granted_s)
        return shares + self._split(reading, min(chunk, self._capacity - len(shares)))

    def chunk(self, *, beside: int, depth: int = 0) -> int:
        """Return how many prompt tokens a step may have.

        Args:
            beside: Answers that grow meanwhile.
            depth: Tokens that stand before the chunk; the further in, the slower.
        """
        if not beside:
            return self._full_chunk
        fitting = min(self._full_chunk, int(self._rate(depth) * STALL_BUDGET_S))
        # Together with the answers' rows it makes whole groups.
        rows = fitting + beside - (fitting + beside) % ROW_GROUP
        return min(self._full_chunk, max(self._smallest(beside), rows - beside))

    def granted_s(self, *, beside: int, depth: int = 0) -> float:
        """Return how long a step with a chunk may keep the answers beside it waiting."""
        rate = self._rate(depth)
        return max(STALL_BUDGET_S, self._smallest(beside) / rate if rate else 0.0)

    def learn(self, prompt_tokens: int, seconds: float, *, depth: int = 0) -> None:
        """Note how long a step with this many prompt tokens took.

        A rate that falls is believed at once, since the next chunk would keep everybody waiting;
        one that rises is not.
        """
        if prompt_tokens < MIN_CHUNK or seconds <= 0.0:
            return
        rate, past = prompt_tokens / seconds, self._tokens_per_s
        if rate < past:
            self._tokens_per_s = rate
        else:
            past = past or rate
            self._tokens_per_s = RATE_MEMORY * past + (1.0 - RATE_MEMORY) * rate
        self._measured_at = depth

    def _rate(self, depth: int) -> float:
        """Return how many prompt tokens a second are expected; 0 while nothing was measured."""
        return self._tokens_per_s / (2 if depth > self._measured_at + DEEPER else 1)

    def _smallest(self, beside: int) -> int:
        return max(MIN_CHUNK, self._fewest_rows - beside)

    def _split(self, reading: list[Sequence], budget: int) -> list[Share]:
        """Share the budget among owners, and each one's part among its prompts."""
        self._turn += 1
        by_owner: dict[str, list[Sequence]] = {}
        for sequence in reading:
            by_owner.setdefault(sequence.owner, []).append(sequence)
        owners = _whose_turn(list(by_owner.values()), budget, self._turn)
        wanted = [sum(sequence.remaining for sequence in prompts) for prompts in owners]
        shares: list[Share] = []
        for prompts, part in zip(owners, fair_parts(wanted, budget), strict=True):
            # Each owner's prompts take turns among themselves, from round to round of the owners.
            chosen = _whose_turn(prompts, part, self._turn // len(by_owner))
            counts = fair_parts([sequence.remaining for sequence in chosen], part)
            shares += [
                Share(sequence, sequence.computed, count)
                for sequence, count in zip(chosen, counts, strict=True)
                if count
            ]
        return shares


def fair_parts(wanted: Seq[int], budget: int) -> list[int]:
    """Divide a budget so that who wants little gets it, and all others get the same.

    Args:
        wanted: The most that each can take.
        budget: What there is.

    Returns:
        A part for each; together the whole budget, or all that is wanted. (Max-min fairness.)
    """
    parts = [0] * len(wanted)
    by_want = sorted(range(len(wanted)), key=wanted.__getitem__)
    for left, index in zip(range(len(wanted), 0, -1), by_want, strict=True):
        parts[index] = min(wanted[index], budget // left)
        budget -= parts[index]
    return parts


def _whose_turn(items: list[T], budget: int, turn: int) -> list[T]:
    """Return as many as can get a smallest chunk each, beginning with another one at every turn."""
    first = turn % len(items)
    return (items[first:] + items[:first])[: max(1, budget // MIN_CHUNK)]
