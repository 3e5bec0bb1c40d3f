"""Guesses from a small model that has the same vocabulary as the one that answers.

It reads along with the answers and writes ahead what it finds most likely, a token at a time. How
sure it is of a token tells how likely the large model is to agree. Its guesses are verified like
all others, so it needs to be right often, and never to be trusted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hearth.engine.llama.context import Context, DecodeResult
from hearth.engine.prefixes.access import common_prefix
from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.guess import Guess, gains_of
from hearth.engine.worker.staircase import Staircase
from hearth.plan.drafts import DRAFT_BATCH_TOKENS

PAUSE_STEPS = 256  # after its memory did not suffice for all texts
# A guess is classed by the probability that the small model gives it: up to each.
CLASS_ENDS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.97)
NUM_CLASSES = len(CLASS_ENDS) + 1


@dataclass(slots=True, eq=False)
class _Draft:
    """An answer as the small model has it.

    Args:
        sequence: In the small model's memory; `held` are the tokens that it has there.
        text: All tokens of the answer and its prompt; it grows between two calls.
        known: How many these were when they were taken up last.
        guesses: What was written ahead of these; `kinds` are the classes.
    """

    sequence: int
    held: list[int] = field(default_factory=list)
    text: Sequence[int] = ()
    known: int = 0
    guesses: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)

    @property
    def unread(self) -> list[int]:
        """What its memory lacks of the text and the guesses."""
        return [*self.text, *self.guesses][len(self.held) :]


class DraftModel:
    """Writes ahead of answers.

    Args:
        context: Nobody else may use it. Its model can be trimmed, and has the vocabulary of the
            model that answers.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._free = list(range(context.num_sequences))
        self._drafts: dict[int, _Draft] = {}  # by request
        self._staircase = Staircase()
        self._acceptance = Acceptance(NUM_CLASSES)
        self._agreement = Acceptance(1)
        self._pause_steps = 0
        context.set_threads(context.settings.threads)

    @property
    def agreement(self) -> float:
        """Probability that the next guess is right, whatever it will be."""
        return self._agreement.rate(0)

    def cost(self, num_answers: int) -> float | None:
        """Return the seconds that one guess for each of so many answers takes."""
        return self._staircase.cost(num_answers)

    def forget_all_but(self, running: Set[int]) -> None:
        """Forget the texts of requests that do not run any more.

        What was read of them helps nobody else: their texts would show by its speed.
        """
        for request_id in self._drafts.keys() - running:
            sequence = self._drafts.pop(request_id).sequence
            self._context.trim(sequence, 0)
            self._free.append(sequence)

    def guess(self, texts: Sequence[tuple[int, Sequence[int]]], count: int) -> list[Guess]:
        """Guess how texts go on.

        Args:
            texts: For each answer the number of its request, and all its tokens.
            count: Most guesses for each.

        Returns:
            For each text a guess, without tokens where the small model has yet to catch up.
        """
        if self._pause_steps:
            self._pause_steps -= 1
            return [Guess() for _ in texts]
        drafts = [self._take_up(request_id, text) for request_id, text in texts]
        if self._catch_up(drafts):
            ready = [draft for draft in drafts if len(draft.unread) == 1]
            for _ in range(count):
                if not ready or not self._write(ready):
                    break
        return [
            Guess(tuple(draft.guesses[: len(gains)]), gains)
            for draft in drafts
            for gains in [gains_of(self._acceptance, draft.kinds)]
        ]

    def _take_up(self, request_id: int, text: Sequence[int]) -> _Draft:
        """Return an answer's draft, cut back to what the text really says."""
        draft = self._drafts.get(request_id)
        if draft is None:
            draft = self._drafts[request_id] = _Draft(self._free.pop())
        self._judge(draft, text)
        shared = min(common_prefix(draft.held, text), len(text) - 1)
        if shared < len(draft.held):
            self._context.trim(draft.sequence, shared)
            del draft.held[shared:]
        draft.text, draft.known = text, len(text)
        draft.guesses, draft.kinds = [], []
        return draft

    def _judge(self, draft: _Draft, text: Sequence[int]) -> None:
        """Learn from how the text went on after the last guesses."""
        came = text[draft.known :]
        for guess, kind, token in zip(draft.guesses, draft.kinds, came, strict=False):
            self._acceptance.learn(kind, was_right=guess == token)
            self._agreement.learn(0, was_right=guess == token)
            if guess != token:
                break

    def _catch_up(self, drafts: Sequence[_Draft]) -> bool:
        """Read what texts have but their last token, as far as one step goes."""
        room, parts = DRAFT_BATCH_TOKENS, []
        for draft in drafts:
            part = draft.unread[:-1][:room]
            if part:
                parts.append((draft, part, False))
                room -= len(part)
        return not parts or self._compute(parts)

    def _write(self, drafts: Sequence[_Draft]) -> bool:
        """Add a guess to each draft."""
        began_s = time.monotonic()
        if not self._compute([(draft, draft.unread, True) for draft in drafts]):
            return False
        for row, draft in enumerate(drafts):
            token, probability = most_likely(self._context.logits(row))
            draft.guesses.append(token)
            draft.kinds.append(sum(probability > end for end in CLASS_ENDS))
        self._staircase.note(len(drafts), time.monotonic() - began_s)
        return True

    def _compute(self, parts: Sequence[tuple[_Draft, list[int], bool]]) -> bool:
        """Compute tokens of drafts; where memory does not suffice, begin anew with none."""
        row = 0
        for draft, tokens, wants_logits in parts:
            self._context.batch.fill(row, tokens, len(draft.held), draft.sequence, wants_logits)
            row += len(tokens)
        if self._context.decode(row) is not DecodeResult.OK:
            self._forget_all()
            return False
        for draft, tokens, _ in parts:
            draft.held += tokens
        return True

    def _forget_all(self) -> None:
        self._pause_steps = PAUSE_STEPS
        self._context.clear()
        for draft in self._drafts.values():
            draft.held.clear()
            draft.guesses.clear()
            draft.kinds.clear()


def most_likely(logits: NDArray[np.float32]) -> tuple[int, float]:
    """Return the most likely token and its probability."""
    token = int(logits.argmax())
    return token, 1.0 / float(np.exp(logits - logits[token], dtype=np.float32).sum())
