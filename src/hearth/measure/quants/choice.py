"""Which of several quantizations is sensible, and why: a rule that can be read, and argued with.

1. What is further from the reference than a limit is out, by the upper end of its interval.
2. Of the rest the fastest is taken, by the seconds of a whole request.
3. Those that cannot be told from it, or are within 2 %, count as equally fast: of them the closest
   to the reference is taken, and of equally close ones the smallest.

The reference itself is among them: it may be the sensible one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hearth.measure.quants.point import QuantPoint
from hearth.measure.statistics import Ratio, Verdict, least_differences, paired_ratio
from hearth.measure.statistics.ratios import LEVEL

# Nats per token: what Q3_K_M costs Llama 3 8B (0.102), from which on people hesitate. Q4_K_M costs
# it 0.031; smaller models lose more. Source: llama.cpp, tools/perplexity/README.md.
DEFAULT_LIMIT = 0.1
AS_FAST = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The sensible one of some quantizations.

    Args:
        name: Its name.
        reason: Why, as a sentence with the figures that decided.
        out: Those that are too far off.
        as_fast: Those that count as equally fast as the fastest.
    """

    name: str
    reason: str
    out: tuple[str, ...] = ()
    as_fast: tuple[str, ...] = ()


def mark_front(points: Sequence[QuantPoint]) -> tuple[QuantPoint, ...]:
    """Return points with the front marked: those that no other beats in every way.

    Args:
        points: Compared by size, seconds of a request, and distance.
    """
    costs = [(one.size_bytes, one.request.value, one.distance.value) for one in points]
    return tuple(
        replace(point, is_on_front=not any(_dominates(other, cost) for other in costs))
        for point, cost in zip(points, costs, strict=True)
    )


def choose(
    points: Sequence[QuantPoint],
    seconds: Mapping[str, Sequence[float]],
    *,
    limit: float = DEFAULT_LIMIT,
) -> Choice:
    """Return the sensible one of some quantizations.

    Args:
        points: The reference and its siblings.
        seconds: What each took for the same requests, by name, round by round.
        limit: Most distance from the reference, in nats per token.
    """
    near = [one for one in points if _most(one) <= limit]
    out = tuple(one.name for one in points if one not in near)
    fastest = min(near, key=lambda one: (one.request.value, one.distance.value))
    ratios = {
        one.name: paired_ratio(seconds[one.name], seconds[fastest.name])
        for one in near
        if one is not fastest
    }
    equal = [one for one in near if one is fastest or _is_as_fast(ratios[one.name])]
    chosen = min(equal, key=lambda one: (one.distance.value, one.size_bytes))
    return Choice(
        name=chosen.name,
        reason=_reason(chosen, fastest, points, seconds, len(out), limit),
        out=out,
        as_fast=tuple(one.name for one in equal if one is not chosen),
    )


def few_rounds(rounds: int) -> tuple[str, ...]:
    """Return a note where so few rounds cannot tell any two apart, however far they are."""
    least = least_differences(LEVEL)
    if rounds >= least:
        return ()
    return (
        f"{rounds} rounds tell no two speeds apart with {LEVEL:.0%} confidence, whatever they are: "
        f"--rounds {least} is the least that can.",
    )


def _dominates(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(mine <= its for mine, its in zip(one, other, strict=True))


def _most(point: QuantPoint) -> float:
    high = point.distance.high
    return 0.0 if point.is_reference else point.distance.value if high is None else high


def _is_as_fast(ratio: Ratio) -> bool:
    return ratio.verdict is Verdict.CANNOT_TELL or ratio.is_within(AS_FAST)


def _reason(
    chosen: QuantPoint,
    fastest: QuantPoint,
    points: Sequence[QuantPoint],
    seconds: Mapping[str, Sequence[float]],
    num_out: int,
    limit: float,
) -> str:
    reference = next(one for one in points if one.is_reference)
    parts = []
    if chosen is reference:
        parts.append("none that is close enough is faster than the reference")
    else:
        speed = paired_ratio(seconds[reference.name], seconds[chosen.name])
        parts.append(
            f"a request takes {chosen.request.value:.3g} s, {speed.value:.2f} times as fast as "
            f"the reference ({speed.low:.2f} to {speed.high:.2f})"
        )
        parts.append(
            f"it is {chosen.distance.value:.3g} nats per token from it (limit {limit:g}) and finds "
            f"the same token most likely {chosen.same_top.value:.1%} of the time"
        )
    if chosen is not fastest:
        parts.append(
            f"{fastest.name} cannot be told from it in speed, or hardly, and is further off"
        )
    if num_out:
        parts.append(f"{num_out} of {len(points)} are further off than the limit")
    return f"{chosen.name}: {'; '.join(parts)}."
