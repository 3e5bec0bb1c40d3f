"""Whether two records agree: figure by figure, and under which differing circumstances.

What is computed from the same data must come out the same, up to rounding. What is timed or drawn
has an interval: two figures a and b differ when |a - b| exceeds

    sqrt(u_a^2 + u_b^2)     u: from each value to the end of its interval that faces the other

which is the interval of a difference made from two intervals that need not be symmetric (MOVER).
Where several figures are compared the intervals are widened as Bonferroni has it, so that two
sound records disagree in 5 % of cases at most, and not in 5 % for each figure.

Source: Zou and Donner, "Construction of confidence limits about effect measures: A general
approach", Statistics in Medicine 27 (2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from statistics import NormalDist  # and not scipy, which takes a second to import

from hearth.measure.evidence.record import Figure, Record, Subject

LEVEL = 0.95  # of the figures' intervals
# Another processor or build adds up in another order: perplexities were seen to move by less.
WITHIN_ELSEWHERE = 5e-3


class Agreement(StrEnum):
    """What comparing two figures, or two records, comes to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureComparison:
    """One figure of two records.

    Args:
        name: In both summaries.
        old: In the earlier record; None where it has none of this name.
        new: In the later one.
        change: By which part of the old value the new one is larger; None where that is no number.
        why: The rule that decided, with its numbers.
    """

    name: str
    old: Figure | None
    new: Figure | None
    verdict: Agreement
    change: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two records side by side.

    Args:
        differences: What was not the same in both, apart from the figures, as old and new by name.
        figures: In the order of the old record.
    """

    differences: Mapping[str, tuple[str, str]]
    figures: tuple[FigureComparison, ...]

    @property
    def verdict(self) -> Agreement:
        """One figure that differs makes records differ; they agree where one agrees and none."""
        verdicts = {figure.verdict for figure in self.figures}
        for verdict in (Agreement.DIFFERS, Agreement.AGREES):
            if verdict in verdicts:
                return verdict
        return Agreement.CANNOT_TELL


def agree(old: Record, new: Record) -> Comparison:
    """Compare two records of one kind.

    Args:
        old: The earlier one, or the claim.
        new: The later one, or the replay.
    """
    differences = _differences(old, new)
    is_elsewhere = bool({"machine", "engine"} & differences.keys())
    shared = [name for name in old.summary if name in new.summary]
    wider = _half_width(1 - (1 - LEVEL) / max(1, len(shared))) / _half_width(LEVEL)
    figures = [
        _compare(name, old.summary[name], new.summary[name], wider, is_elsewhere)
        if name in shared
        else _lone(name, old.summary.get(name), new.summary.get(name))
        for name in dict.fromkeys([*old.summary, *new.summary])
    ]
    return Comparison(differences=differences, figures=tuple(figures))


def _compare(
    name: str, old: Figure, new: Figure, wider: float, is_elsewhere: bool
) -> FigureComparison:
    apart = abs(old.value - new.value)
    if old.within is not None:
        within = max(old.within, WITHIN_ELSEWHERE) if is_elsewhere else old.within
        allowed = within * max(abs(old.value), abs(new.value))
        why = f"computed: must come within {within:.2g} of the value"
    elif old.is_one_run or new.is_one_run:
        return _lone(name, old, new, "one run has no interval to compare by")
    else:
        allowed = wider * math.hypot(_towards(old, new.value), _towards(new, old.value))
        why = f"apart {apart:.3g}; chance alone explains up to {allowed:.3g}"
    verdict = Agreement.AGREES if apart <= allowed else Agreement.DIFFERS
    change = _change(old, new)
    return FigureComparison(name=name, old=old, new=new, verdict=verdict, change=change, why=why)


def _lone(
    name: str, old: Figure | None, new: Figure | None, why: str = "only one of them has it"
) -> FigureComparison:
    change = _change(old, new) if old is not None and new is not None else None
    return FigureComparison(
        name=name, old=old, new=new, verdict=Agreement.CANNOT_TELL, change=change, why=why
    )


def _half_width(level: float) -> float:
    """Return half the width of a normal distribution's middle, in standard deviations."""
    return NormalDist().inv_cdf((1 + level) / 2)


def _towards(figure: Figure, value: float) -> float:
    """Return the distance from a value to the end of its interval that faces another value."""
    low, high = figure.low, figure.high
    assert low is not None, "figures of one run are not compared by intervals"
    assert high is not None, "as above"
    return max(0.0, high - figure.value if value > figure.value else figure.value - low)


def _change(old: Figure, new: Figure) -> float | None:
    return (new.value - old.value) / abs(old.value) if old.value else None


def _differences(old: Record, new: Record) -> dict[str, tuple[str, str]]:
    pairs = {
        "kind": (old.kind, new.kind),
        "machine": (old.circumstances.machine, new.circumstances.machine),
        "engine": (old.circumstances.engine, new.circumstances.engine),
        "hearth": (old.circumstances.hearth, new.circumstances.hearth),
        "seed": (_text(old.seed), _text(new.seed)),
    }
    for number, (mine, other) in enumerate(zip_longest(old.subjects, new.subjects), start=1):
        if mine is None or other is None or not mine.is_same_as(other):
            pairs[f"subject {number}"] = (_subject_text(mine), _subject_text(other))
    for name in dict.fromkeys([*old.settings, *new.settings]):
        shown = f"setting {name}" if name in pairs else name
        pairs[shown] = (_text(old.settings.get(name)), _text(new.settings.get(name)))
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _subject_text(subject: Subject | None) -> str:
    return "" if subject is None else f"{subject.name} {subject.digest[:12]}".strip()


def _text(value: object) -> str:
    return "" if value is None else str(value)
