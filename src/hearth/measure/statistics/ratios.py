"""How many times more one of two is, from pairs that were measured side by side.

Speeds differ by factors, and what disturbs a machine slows both by a factor: so the logarithm of
the ratio of each pair is looked at, and of these the centre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hearth.measure.statistics.interval import normal_quantile
from hearth.measure.statistics.signed_rank import least_differences, signed_rank
from hearth.measure.statistics.verdict import Verdict, verdict_of

LEVEL = 0.99  # a verdict that is wrong is worse than none
POWER = 0.9  # how likely the verdict is to be reached with as many pairs as are said to be needed
LEAST_EFFECT = 0.02  # a smaller part is not looked for
_DEVIATION_OF_MAD = 1.4826  # of a normal distribution, in median absolute deviations
_RANKS_FOR_MEANS = math.pi / 3  # values that ranks need where means of normal ones need 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """What A is times B.

    Args:
        value: The centre of the ratios A / B; it lies between `low` and `high`.
        level: Of confidence that the interval has, 0 to 1.
        p: Of the test that there is no difference, two-sided; it agrees with the interval.
        verdict: `MORE` where all of the interval is above 1.
        num_pairs: What it was made from.
        more_needed: Pairs that it would take besides to tell, with a chance of nine in ten, if the
            difference is what it seems (or 2 %, where it seems to be less); None where it is told.
    """

    value: float
    low: float
    high: float
    level: float
    p: float
    verdict: Verdict
    num_pairs: int
    more_needed: int | None

    @property
    def inverse(self) -> Ratio:
        """Return what B is times A."""
        turned = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}
        return Ratio(
            value=1 / self.value,
            low=1 / self.high,
            high=1 / self.low,
            level=self.level,
            p=self.p,
            verdict=turned.get(self.verdict, self.verdict),
            num_pairs=self.num_pairs,
            more_needed=self.more_needed,
        )

    def is_within(self, part: float) -> bool:
        """Return whether the interval says that both are the same but for a part of 1."""
        return 1 / (1 + part) <= self.low and self.high <= 1 + part


def paired_ratio(
    a: Sequence[float],
    b: Sequence[float],
    *,
    level: float = LEVEL,
    least_effect: float = LEAST_EFFECT,
) -> Ratio:
    """Compare two, measured in pairs.

    Args:
        a: Positive values; the n-th was measured beside the n-th of `b`, each as likely as the
            other to be the first.
        b: As many.
        level: Of confidence; the verdict is wrong for two that are the same in `1 - level` of
            comparisons at most.
        least_effect: The smallest difference that is looked for, as a part of 1.

    Raises:
        ValueError: There are no pairs, or a value is not positive.
    """
    values = [np.asarray(side, dtype=np.float64) for side in (a, b)]
    if len(a) != len(b) or not len(a) or min(side.min() for side in values) <= 0:
        raise ValueError("ratios need as many values on both sides, all above 0")
    logs = np.log(values[0]) - np.log(values[1])
    found = signed_rank(logs.tolist(), level)
    interval = found.interval
    verdict = Verdict.CANNOT_TELL
    if found.is_enough:
        verdict = verdict_of(interval.low, interval.high, 0.0)
    more = None
    if verdict is Verdict.CANNOT_TELL:
        effect = max(abs(interval.value), math.log1p(least_effect))
        more = max(1, _pairs_needed(logs, effect, level) - len(a))
    return Ratio(
        value=math.exp(interval.value),
        low=math.exp(interval.low),
        high=math.exp(interval.high),
        level=interval.level,
        p=found.p,
        verdict=verdict,
        num_pairs=len(a),
        more_needed=more,
    )


def _pairs_needed(
    logs: np.ndarray[tuple[int], np.dtype[np.float64]], effect: float, level: float
) -> int:
    """Return how many pairs would tell a difference of a size, in logarithms."""
    middle = np.median(logs)
    spread = float(np.median(np.abs(logs - middle))) * _DEVIATION_OF_MAD
    if logs.size > 1:
        spread = max(spread, float(np.std(logs, ddof=1)) / 2)  # half of them may be alike
    # One-sided for the power, two-sided for the level.
    distance = normal_quantile(level) + normal_quantile(2 * POWER - 1)
    wanted = _RANKS_FOR_MEANS * (distance * spread / effect) ** 2
    return max(least_differences(level), math.ceil(wanted))
