"""Which layout is best for each file, by the seconds of a whole request.

1. The fastest is looked for. Those that cannot be told from it, or are within 2 %, count as equally
   fast, and of these the first of repacked, plain, apart and split is taken: each takes more for
   granted than the one before.
2. Two layouts at once round differently from either alone. Such a file is only proposed where the
   divergence from the same file in one layout is below a limit, by the upper end of its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hearth.measure.evidence import Figure
from hearth.measure.statistics import Verdict, paired_ratio
from hearth.measure.tuning.entrants import Entrant
from hearth.plan.layouts import SPLIT

AS_FAST = 0.02
SPLIT_LIMIT = 5e-3  # nats per token; a quantization to 4 bits costs ten times as much


def by_speed(
    entrants: Sequence[Entrant], seconds: Mapping[str, Sequence[float]]
) -> tuple[Entrant, ...]:
    """Return the layouts of one file, the best first: those that are as fast, then the others.

    Args:
        entrants: In the order in which equally fast ones are preferred.
        seconds: What each took for the same requests, by name, round by round.
    """
    equal = fastest_of(entrants, seconds)
    others = (one for one in entrants if one not in equal)
    return (*equal, *sorted(others, key=lambda one: sum(seconds[one.name])))


def fastest_of(
    entrants: Sequence[Entrant], seconds: Mapping[str, Sequence[float]]
) -> tuple[Entrant, ...]:
    """Return the fastest entrant and those that count as equally fast, in their order."""
    fastest = min(entrants, key=lambda one: sum(seconds[one.name]))
    return tuple(one for one in entrants if one is fastest or _is_as_fast(one, fastest, seconds))


def is_allowed(entrant: Entrant, own_divergence: Figure | None) -> bool:
    """Say whether an entrant may be proposed as far as its layout goes.

    Args:
        entrant: A file in a layout.
        own_divergence: Of a split file from itself in one layout; None for the others.
    """
    if entrant.layout != SPLIT:
        return True
    if own_divergence is None:
        return False
    most = own_divergence.value if own_divergence.high is None else own_divergence.high
    return most < SPLIT_LIMIT


def _is_as_fast(one: Entrant, fastest: Entrant, seconds: Mapping[str, Sequence[float]]) -> bool:
    ratio = paired_ratio(seconds[one.name], seconds[fastest.name])
    return ratio.verdict is Verdict.CANNOT_TELL or ratio.is_within(AS_FAST)
