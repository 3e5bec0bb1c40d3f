"""Adds guesses to the shares of a step, as many as are expected to pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hearth.engine.worker.batching import Share
from hearth.engine.worker.sequences import Phase
from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.copying import NUM_CLASSES, CopyGuesser
from hearth.engine.worker.speculation.draft_model import DraftModel
from hearth.engine.worker.speculation.drafting import Drafter
from hearth.engine.worker.speculation.guess import Guess
from hearth.engine.worker.speculation.lengths import choose_lengths

# Steps that good guesses were left out before one is computed all the same: that they did not pay
# may be the fault of a moment in which others wanted the processor.
TRY_AGAIN_STEPS = 64


class Speculator:
    """Guesses for all requests of a scheduler.

    Args:
        cost: Seconds of a step with so many rows; None where it is not known.
        max_logits: Most rows with logits in a step.
        draft_model: A small model that guesses where texts do not repeat themselves.
    """

    def __init__(
        self,
        *,
        cost: Callable[[int], float | None],
        max_logits: int,
        draft_model: DraftModel | None = None,
    ) -> None:
        self._cost = cost
        self._max_logits = max_logits
        self._common = Acceptance(NUM_CLASSES)
        self._steps_without = 0
        self._drafter = Drafter(draft_model, cost) if draft_model else None

    def extend(self, shares: Sequence[Share], max_rows: int) -> list[Share]:
        """Return the shares with guesses behind those for which guesses pay.

        Args:
            shares: The step's. Where prompts are among them none is added: what a step costs is
                known by its size for growing answers only.
            max_rows: Rows that the step may have.
        """
        shares = list(shares)
        room = min(self._max_logits, max_rows) - len(shares)
        if room <= 0 or any(share.sequence.phase is not Phase.ANSWER for share in shares):
            return shares
        guesses = [self._guess(share, room) for share in shares]
        if self._drafter is not None:
            guesses = self._drafter.improve(shares, guesses, room)
        if not any(guess.tokens for guess in guesses):
            return shares
        lengths = self._lengths([guess.gains for guess in guesses], room)
        return [
            replace(share, drafts=guess.tokens[:length]) if length else share
            for share, guess, length in zip(shares, guesses, lengths, strict=True)
        ]

    def _lengths(self, gains: Sequence[Sequence[float]], room: int) -> list[int]:
        """Choose how many guesses are computed, and try now and then what did not seem to pay."""
        lengths = choose_lengths(gains, self._cost, room)
        if not any(lengths) and self._steps_without >= TRY_AGAIN_STEPS:
            plain, plain_s = len(gains), self._cost(len(gains))
            lengths = choose_lengths(gains, {plain: plain_s}.get, room)
        self._steps_without = 0 if any(lengths) else self._steps_without + 1
        return lengths

    def _guess(self, share: Share, room: int) -> Guess:
        sequence = share.sequence
        # The last bits of a row's logits depend on how many rows the step has, and how many guesses
        # pay depends on the clock: a request that must be repeatable does without.
        if sequence.reproducible:
            return Guess()
        if sequence.guesser is None:
            sequence.guesser = CopyGuesser(sequence.tokens, self._common)
        # One token is drawn after the last guess.
        left = sequence.max_length - len(sequence.tokens) - 1
        return sequence.guesser.guess(sequence.tokens, min(room, left))
