"""Chance: what guessing scores, and whether a score can be told from it.

With n questions and a chance c, guessing scores k right with the binomial probability of (n, c).
"""

from __future__ import annotations

from dataclasses import dataclass

LEVEL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstChance:
    """Whether a score can be told from guessing.

    Args:
        p: Probability that guessing scores as far from chance as this, on either side.
        chance: Part that guessing scores.
        is_told: True where p is under 0.05.
    """

    p: float
    chance: float
    is_told: bool

    def __str__(self) -> str:
        if self.is_told:
            return f"told from chance ({self.chance:.0%}) with p = {self.p:.2g}"
        return f"cannot be told from chance ({self.chance:.0%}): p = {self.p:.2g}"


def against_chance(right: int, total: int, chance: float) -> AgainstChance:
    """Test a score against guessing: exact, two-sided.

    Args:
        right: Answers that were right.
        total: All answers.
        chance: Part that guessing has right, 0 to 1.
    """
    from scipy.stats import binomtest

    p = float(binomtest(right, total, chance).pvalue) if total else 1.0
    return AgainstChance(p=p, chance=chance, is_told=p < LEVEL)


def likely_counts(total: int, chance: float, *, sure: float) -> tuple[int, int]:
    """Return the fewest and the most right answers that guessing gives with this certainty.

    Args:
        total: Number of answers.
        chance: Part that is right by chance, 0 to 1.
        sure: Probability that guessing lies within, both ends included.
    """
    from scipy.stats import binom

    low, high = binom.interval(sure, total, chance)
    return int(low), int(high)
