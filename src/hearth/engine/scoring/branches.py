"""Continuations of prompts: they branch off their prompt, and several are computed in one batch.

A branch shares its prompt's cells. A beginning that a prompt shares with the one before it stays in
memory; the order of the prompts thus decides what is computed, and the same list always gives the
same figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from hearth.engine.scoring.model import SEQUENCE, ScoringModel
from hearth.engine.scoring.rows import Figures, log_softmax
from hearth.errors import InvalidRequest

Tokens = Sequence[int]


@dataclass(frozen=True, slots=True)
class _Branch:
    """A continuation that is being computed behind its prompt, in a sequence of its own."""

    index: int
    sequence: int
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class _Row:
    """One token of a branch, and the one that follows it."""

    branch: _Branch
    position: int
    token: int
    next_token: int


class Branching:
    """Computes the continuations of prompts.

    Args:
        model: Its memory is used, and emptied before.
    """

    def __init__(self, model: ScoringModel) -> None:
        self._model = model
        self._context = model.context
        self._context.clear()
        self._held: Tokens = ()

    def scores(self, prompt: Tokens, continuations: Sequence[Tokens]) -> tuple[Figures, Figures]:
        """Return log p of every continuation of a prompt, and 1 for each that is greedy throughout.

        Raises:
            InvalidRequest: One of them is empty, too long, or no list of tokens.
        """
        self._check(prompt, continuations)
        expected = log_softmax(self._logits_behind(prompt))
        first = [tokens[0] for tokens in continuations]
        totals = expected[first]
        greedy = np.array(first, np.int64) == expected.argmax()
        for group in self._groups(len(prompt), continuations):
            self._add_group(len(prompt), group, totals, greedy)
        return totals, greedy.astype(np.float64)

    def _logits_behind(self, prompt: Tokens) -> NDArray[np.float32]:
        """Have the memory hold a prompt, and return a copy of the logits behind it."""
        same = takewhile(lambda pair: pair[0] == pair[1], zip(self._held, prompt, strict=False))
        shared = min(sum(1 for _ in same), len(prompt) - 1)  # the last one's logits are wanted
        if shared < len(self._held) and not self._cut(shared):
            self._context.clear()
            shared = 0
        self._held = prompt
        for begin in range(shared, len(prompt), self._model.rows):
            part = list(prompt[begin : begin + self._model.rows])
            is_last = begin + len(part) == len(prompt)
            self._context.batch.fill(0, part, begin, SEQUENCE, is_last)
            self._model.decode(len(part))
        behind: NDArray[np.float32] = self._context.all_logits(1)[0].copy()
        return behind

    def _cut(self, length: int) -> bool:
        return self._context.model.can_trim and self._context.trim(SEQUENCE, length)

    def _groups(
        self, prompt_length: int, continuations: Sequence[Tokens]
    ) -> Iterator[list[_Branch]]:
        """Yield continuations of more than a token in groups that the memory holds at once."""
        room = self._context.cells - prompt_length
        group: list[_Branch] = []
        used = 0
        for index, tokens in enumerate(continuations):
            length = len(tokens) - 1
            if not length:
                continue
            if group and (used + length > room or len(group) == self._model.num_branches):
                yield group
                group, used = [], 0
            group.append(_Branch(index, SEQUENCE + 1 + len(group), tokens))
            used += length
        if group:
            yield group

    def _add_group(
        self,
        prompt_length: int,
        group: Sequence[_Branch],
        totals: Figures,
        greedy: NDArray[np.bool_],
    ) -> None:
        """Compute branches, and add what their further tokens come to."""
        for branch in group:
            self._context.move(SEQUENCE, branch.sequence)
        rows = list(_rows_of(group, prompt_length))
        for begin in range(0, len(rows), self._model.rows):
            part = rows[begin : begin + self._model.rows]
            for number, row in enumerate(part):
                sequence = row.branch.sequence
                self._context.batch.fill(number, [row.token], row.position, sequence, True)
            self._model.decode(len(part))
            logits = self._context.all_logits(len(part))
            scores = self._model.pool.log_probs(logits, [row.next_token for row in part])
            for row, score, best in zip(part, scores, logits.argmax(axis=1), strict=True):
                totals[row.branch.index] += score
                greedy[row.branch.index] &= row.next_token == best
        for branch in group:
            self._context.trim(branch.sequence, 0)

    def _check(self, prompt: Tokens, continuations: Sequence[Tokens]) -> None:
        for tokens in (prompt, *continuations):
            self._context.model.vocab.check_ids(tokens)
            if not tokens:
                raise InvalidRequest("A prompt or a continuation has no tokens.", param="tokens")
        longest = len(prompt) + max(map(len, continuations), default=0)
        if longest > self._model.longest:
            raise InvalidRequest(
                f"A prompt with its continuation has {longest:,} tokens; the context holds "
                f"{self._model.longest:,}.",
                hint="Load the model with a longer context, or shorten the prompt.",
                param="tokens",
            )


def _rows_of(group: Sequence[_Branch], prompt_length: int) -> Iterator[_Row]:
    for branch in group:
        pairs = zip(branch.tokens, branch.tokens[1:], strict=False)
        for place, (token, next_token) in enumerate(pairs):
            yield _Row(branch, prompt_length + place, token, next_token)
