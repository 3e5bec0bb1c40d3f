"""Adds guesses to the shares of a step, as many as are expected to pay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hearth.engine.worker.batching import Share
from hearth.engine.worker.sequences import Phase
from hearth.engine.worker.speculation.acceptance import Acceptance
from hearth.engine.worker.speculation.copying import NUM_CLASSES, CopyGuesser
from hearth.engine.worker.speculation.guess import Guess
from hearth.engine.worker.speculation.lengths import choose_lengths


class Speculator:
    """Guesses for all requests of a scheduler.

    Args:
        cost: Seconds of a step with so many rows; None where it is not known.
        max_logits: Most rows with logits in a step.
    """

    def __init__(self, *, cost: Callable[[int], float | None], max_logits: int) -> None:
        self._cost = cost
        self._max_logits = max_logits
        self._common = Acceptance(NUM_CLASSES)

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
        if not any(guess.tokens for guess in guesses):
            return shares
        lengths = choose_lengths([guess.gains for guess in guesses], self._cost, room)
        return [
            replace(share, drafts=guess.tokens[:length]) if length else share
            for share, guess, length in zip(shares, guesses, lengths, strict=True)
        ]

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
