"""Guesses for one answer, each with the probability that it will be accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hearth.engine.worker.speculation.acceptance import Acceptance

LEAST_GAIN = 0.02  # what has less of a chance is left out


@dataclass(frozen=True, slots=True)
class Guess:
    """Tokens that may come next.

    Args:
        gains: For each the probability that it will be accepted, which is that it and all before
            it are right.
    """

    tokens: tuple[int, ...] = ()
    gains: tuple[float, ...] = ()

    @property
    def expected(self) -> float:
        """Tokens that will be accepted, on the average."""
        return sum(self.gains)


def gains_of(acceptance: Acceptance, kinds: Iterable[int]) -> tuple[float, ...]:
    """Return the probabilities that guesses in a row will be accepted, up to the last chance.

    Args:
        acceptance: How often guesses are right.
        kinds: The class of each guess, in order.
    """
    found: list[float] = []
    gain = 1.0
    for kind in kinds:
        gain *= acceptance.rate(kind)
        if gain < LEAST_GAIN:
            break
        found.append(gain)
    return tuple(found)
