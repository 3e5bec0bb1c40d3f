"""Two that were asked the same questions: who was right where the other was wrong (McNemar)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from hearth.measure.statistics.interval import LEVEL, Interval, normal_quantile
from hearth.measure.statistics.verdict import Verdict, verdict_of

POWER = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How two fared on the same questions.

    Args:
        both: Questions that both got right; `only_a` and `only_b` those that one did.
        difference: Share that A got right less the share that B did.
        p: Of the test that the two are equally often right, exact and two-sided.
        verdict: `MORE` where A is right more often.
        more_needed: Questions that it would take besides to tell, with a chance of nine in ten, if
            the difference is what it seems; None where it is told, or there seems to be none.
    """

    both: int
    only_a: int
    only_b: int
    neither: int
    difference: Interval
    p: float
    verdict: Verdict
    more_needed: int | None


def mcnemar(a: Sequence[bool], b: Sequence[bool], *, level: float = LEVEL) -> Outcomes:
    """Compare two by the questions on which they differ.

    Args:
        a: Whether A was right, question by question.
        b: Whether B was, on the same questions.
        level: Of confidence.

    Raises:
        ValueError: The two differ in length, or are empty.

    Source:
        McNemar, "Note on the sampling error of the difference between correlated proportions",
        1947; the interval: Bonett and Price, "Adjusted Wald Confidence Interval for a Difference of
        Binomial Proportions Based on Paired Data", 2012.
    """
    if len(a) != len(b) or not len(a):
        raise ValueError("both must have answered the same questions, at least one")
    only_a = sum(1 for first, second in zip(a, b, strict=True) if first and not second)
    only_b = sum(1 for first, second in zip(a, b, strict=True) if second and not first)
    both = sum(1 for first, second in zip(a, b, strict=True) if first and second)
    p = _exact_p(only_a, only_b)
    difference = _difference(only_a, only_b, len(a), level)
    # The test decides, because it is exact; the interval is not.
    verdict = Verdict.CANNOT_TELL
    if p <= 1 - level:
        verdict = verdict_of(only_a, only_a, only_b)
    told = verdict is not Verdict.CANNOT_TELL
    return Outcomes(
        both=both,
        only_a=only_a,
        only_b=only_b,
        neither=len(a) - both - only_a - only_b,
        difference=difference,
        p=p,
        verdict=verdict,
        more_needed=None if told else _more_needed(only_a, only_b, len(a), level),
    )


def _exact_p(only_a: int, only_b: int) -> float:
    differing = only_a + only_b
    return min(1.0, 2 * float(special.bdtr(min(only_a, only_b), differing, 0.5)))


def _difference(only_a: int, only_b: int, n: int, level: float) -> Interval:
    share_a, share_b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    middle = share_a - share_b
    half = normal_quantile(level) * math.sqrt((share_a + share_b - middle**2) / (n + 2))
    return Interval(
        value=(only_a - only_b) / n,
        low=max(-1.0, middle - half),
        high=min(1.0, middle + half),
        level=level,
        how="Bonett-Price",
    )


def _more_needed(only_a: int, only_b: int, n: int, level: float) -> int | None:
    """Return how many questions are missing.

    Source:
        Miettinen, "The matched pairs design in the case of all-or-none responses", 1968.
    """
    difference, differing = abs(only_a - only_b) / n, (only_a + only_b) / n
    if not difference:
        return None
    sure, likely = normal_quantile(level), normal_quantile(2 * POWER - 1)
    root = sure * math.sqrt(differing) + likely * math.sqrt(differing - difference**2)
    return max(1, math.ceil((root / difference) ** 2) - n)
